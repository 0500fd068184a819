"""Qt as PythonQt shows it, made from PySide6: properties are attributes, enums are ints, lists are tuples."""
