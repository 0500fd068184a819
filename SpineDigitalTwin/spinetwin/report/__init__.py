"""Pictures and the html page of one spine."""
