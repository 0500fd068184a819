"""A shape model of a level from people's own segmentations: one file for each step.

`specimens` takes vertebrae out of label maps, `remeshing` gives them surfaces with about one number of vertices,
`landmark_frames` and `icp` lay a template over them, `radial` bends it onto them, `procrustes` brings all of them together,
`principal` tells how they differ, `quality` how good the model is; `build` is the way through. `statistical` is what is stored.

References
----------
Yu et al., Three-dimensional reconstruction of the lumbar spine with submillimeter accuracy using biplanar X-ray images.
"""
