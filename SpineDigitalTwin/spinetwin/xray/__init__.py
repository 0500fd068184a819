"""The standing spine in 3D from two radiographs: cameras, rendered films, a model of vertebrae, its fit."""
