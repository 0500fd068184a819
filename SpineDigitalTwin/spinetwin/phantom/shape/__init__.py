"""What a vertebra looks like, and what lies between two: signed distances in the vertebra's own frame."""
