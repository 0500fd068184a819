"""Section Radiographs: the standing spine from a frontal and a lateral film."""
