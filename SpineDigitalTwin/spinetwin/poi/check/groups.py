"""Subregions that belong together when maps are looked over."""

from __future__ import annotations

from ...anatomy import SubregionId

BODY = (SubregionId.BODY, SubregionId.BODY_BORDER)
SUPERIOR_ARTICULAR = (SubregionId.SUPERIOR_ARTICULAR_LEFT, SubregionId.SUPERIOR_ARTICULAR_RIGHT)
INFERIOR_ARTICULAR = (SubregionId.INFERIOR_ARTICULAR_LEFT, SubregionId.INFERIOR_ARTICULAR_RIGHT)
SIDES = (
    (SubregionId.COSTAL_LEFT, SubregionId.COSTAL_RIGHT, "transverse processes"),
    (*SUPERIOR_ARTICULAR, "superior articular processes"),
    (*INFERIOR_ARTICULAR, "inferior articular processes"),
)
"""Left and right label of each pair of processes, and what people call it."""
POSTERIOR = (SubregionId.ARCH, SubregionId.SPINOUS)
PROCESSES = (*POSTERIOR, *(label for left, right, _ in SIDES for label in (left, right)))
BONE = (*PROCESSES, *BODY, SubregionId.DENS)
REGIONS = ("cervical", "thoracic", "lumbar")
"""Where vertebrae have points."""
