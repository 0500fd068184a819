"""Slicer glue that the modules of the extension share: from the core's data to nodes of the scene and back."""
