"""What is in a pair of label maps and what looks wrong, in words, before anything is computed from them."""

from .findings import Finding, LevelContent, MapReport
from .maps import check_maps

__all__ = ["Finding", "LevelContent", "MapReport", "check_maps"]
