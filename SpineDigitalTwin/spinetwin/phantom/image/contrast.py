"""How bright every tissue is: relaxation times and a spin echo for MR, Hounsfield units for CT.

One row of ``contrast.csv`` per tissue: relative proton density, T1 and T2 in ms at 1.5 T, CT number in HU, and the relative
standard deviation of three textures (fine grain, streaks along the body, soft blobs). ``contrast_sources.csv`` says where the
numbers come from.

References
----------
Bernstein MA, King KF, Zhou XJ (2004) Handbook of MRI pulse sequences.
de Bazelaire CMJ et al. (2004) MR imaging relaxation times of abdominal and pelvic tissues. Radiology 230:652-659.
Gold GE et al. (2004) Musculoskeletal MRI at 3.0 T: relaxation times and image contrast. AJR 183:343-351.
Marinelli NL, Haughton VM, Anderson PA (2010) T2 relaxation times correlated with stage of lumbar intervertebral disk
degeneration and patient age. AJNR 31:1278-1282.
Pfirrmann CW et al. (2001) Magnetic resonance classification of lumbar intervertebral disc degeneration. Spine 26:1873-1878.
Stanisz GJ et al. (2005) T1, T2 relaxation and magnetization transfer in tissue at 3T. Magn Reson Med 54:507-512.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ...anatomy.tables import read_table
from ...errors import ParameterError

TEXTURES = ("grain", "streak", "blob")
"""Columns of the textures, in the order of `Texture`."""

CT_TEXTURE_HU = 80.0
"""HU by which a texture of relative size 1 changes a CT number (CT numbers have no natural zero to be relative to)."""


@dataclass(frozen=True)
class Tissue:
    """One tissue.

    Attributes
    ----------
    id : int
        Its label in a tissue map.
    name : str
        Its name in the tables.
    pd, t1, t2 : float
        Relative proton density; relaxation times in ms at 1.5 T.
    hu : float
        CT number, HU.
    textures : (3,) tuple
        Relative standard deviations of `TEXTURES`.
    """

    id: int
    name: str
    pd: float
    t1: float
    t2: float
    hu: float
    textures: tuple[float, float, float]


@dataclass(frozen=True)
class Protocol:
    """Repetition and echo time of a spin echo, ms."""

    repetition: float
    echo: float

    def signal(self, tissue: Tissue) -> float:
        """Return the signal of a tissue relative to pure water that is fully relaxed (spin echo; Bernstein 2004)."""
        relaxed = 1.0 - np.exp(-self.repetition / tissue.t1)
        return float(tissue.pd * relaxed * np.exp(-self.echo / tissue.t2))


def _tissues() -> dict[str, Tissue]:
    found = {}
    for row in read_table("contrast.csv", __package__):
        grain, streak, blob = (float(row[name]) for name in TEXTURES)
        pd, t1, t2, hu = (float(row[name]) for name in ("pd", "t1", "t2", "hu"))
        found[row["tissue"]] = Tissue(int(row["id"]), row["tissue"], pd, t1, t2, hu, (grain, streak, blob))
    return found


TISSUES: MappingProxyType[str, Tissue] = MappingProxyType(_tissues())
"""Tissues by name."""

PROTOCOLS: MappingProxyType[str, Protocol] = MappingProxyType(
    {
        row["modality"]: Protocol(float(row["repetition_ms"]), float(row["echo_ms"]))
        for row in read_table("protocols.csv", __package__)
    }
)
"""Spin-echo protocols by modality."""

MODALITIES = (*PROTOCOLS, "ct")
"""What an image can be."""

SIZE = 1 + max(each.id for each in TISSUES.values())
"""Length of a table indexed by tissue id."""


@dataclass(frozen=True)
class Look:
    """What the tissues of one image look like, as tables indexed by tissue id.

    Attributes
    ----------
    mean : (SIZE,) array of float32
        Grey value.
    texture : (3, SIZE) array of float32
        Standard deviations of the three textures, in grey values.
    """

    mean: npt.NDArray[np.float32]
    texture: npt.NDArray[np.float32]


def look(modality: str) -> Look:
    """Return what tissues look like in a modality: MR relative to 1 for water fully relaxed, CT in HU.

    Raises
    ------
    ParameterError
        If the modality is unknown.
    """
    if modality not in MODALITIES:
        raise ParameterError(f"An image is {', '.join(MODALITIES[:-1])} or {MODALITIES[-1]}, not {modality!r}.")
    mean, texture = np.zeros(SIZE, dtype=np.float32), np.zeros((3, SIZE), dtype=np.float32)
    for each in TISSUES.values():
        mean[each.id] = each.hu if modality == "ct" else PROTOCOLS[modality].signal(each)
        texture[:, each.id] = np.array(each.textures) * (CT_TEXTURE_HU if modality == "ct" else mean[each.id])
    return Look(mean, texture)


def tissue_id(name: str) -> int:
    """Return the id of a tissue by its name in ``contrast.csv``."""
    return TISSUES[name].id
