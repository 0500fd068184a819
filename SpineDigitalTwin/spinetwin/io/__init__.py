"""Files in and out: volumes, label maps, POI formats. Nothing partial is ever left behind."""
