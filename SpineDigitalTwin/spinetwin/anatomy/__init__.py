"""What levels, subregions and points of interest are called. Knows no other room of the house."""

from .codes import GROUPS, Code, code_of_disc, code_of_level, code_of_subregion, group_of, short_name
from .levels import LEVELS, Level, level, levels_between, parse_levels
from .points import POINTS, PointId, PointName, parse_points, point
from .subregions import SUBREGIONS, Subregion, SubregionId, subregion

__all__ = [
    "GROUPS",
    "LEVELS",
    "POINTS",
    "SUBREGIONS",
    "Code",
    "Level",
    "PointId",
    "PointName",
    "Subregion",
    "SubregionId",
    "code_of_disc",
    "code_of_level",
    "code_of_subregion",
    "group_of",
    "level",
    "levels_between",
    "parse_levels",
    "parse_points",
    "point",
    "short_name",
    "subregion",
]
