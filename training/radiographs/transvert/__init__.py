"""TransVert: the volume of a vertebra from two patches of radiographs."""
