"""What 3D Slicer gives its modules, imitated on `slicer-core` and PySide6 as far as the modules of this extension need it.

`core` wires a scene, the logics, the parameter nodes and the storage without Qt; `views` adds slice and 3D views that draw
off-screen; `desktop` adds `qt`, `ctk` and node selectors. How the application behaves was measured in a running Slicer; each
measured fact has a test in ``Testing/Panels/test_host_*.py``. Where this host and the application differ, the host is wrong.
"""
