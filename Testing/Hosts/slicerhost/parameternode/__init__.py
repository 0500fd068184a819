"""`slicer.parameterNodeWrapper` by its documented interface: typed properties kept in a parameter node, bound to widgets.

Only plain parameters are here: str, int, float, bool, paths, enumerations and nodes. Slicer's own has more (lists, packs).
"""

from .annotations import Choice, Decimals, Default, Maximum, Minimum, SingleStep, WithinRange
from .wrapper import parameterNodeWrapper

NAMES = (Choice, Decimals, Default, Maximum, Minimum, SingleStep, WithinRange, parameterNodeWrapper)

__all__ = ["NAMES", "parameterNodeWrapper"]
