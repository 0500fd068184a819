"""Connected pieces of a mask."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .grid import IntArray


def connected_pieces(mask: npt.NDArray[np.bool_], *, corners: bool) -> tuple[IntArray, int]:
    """Return to which piece each node belongs, from 1 in the order of their first nodes, 0 outside; and how many there are.

    Parameters
    ----------
    mask : (i, j, k) or (i, j) array of bool
        The nodes inside.
    corners : bool
        Whether nodes that touch by an edge or a corner only are connected.

    Notes
    -----
    SciPy does the same. For masks as small as those of one vertebra, most of its time would be that of importing it.
    """
    import SimpleITK

    if not mask.size:
        return np.zeros(mask.shape, dtype=np.uint32), 0
    sitk: Any = SimpleITK  # it has no types
    search = sitk.ConnectedComponentImageFilter()
    search.SetFullyConnected(corners)
    search.SetNumberOfThreads(1)  # more cost more time than they save
    search.SetNumberOfWorkUnits(1)
    found = search.Execute(sitk.GetImageFromArray(mask.view(np.uint8)))
    return sitk.GetArrayFromImage(found), int(search.GetObjectCount())
