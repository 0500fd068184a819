"""Our own PySide6 versions of the widgets of CTK and of Slicer: same names, properties, signals; only what we use."""
