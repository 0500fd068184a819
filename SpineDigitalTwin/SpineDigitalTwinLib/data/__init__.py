"""Section Data: an image, label maps or a sample spine, and what kind of image it is."""
