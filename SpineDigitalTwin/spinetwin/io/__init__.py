"""Files in and out: volumes, label maps, POI formats. Nothing partial is ever left behind."""

from .atomic import atomic_write
from .keypoints import read_keypoints
from .markups import read_markups, write_markups
from .points import POINT_SUFFIXES, check_points_name, read_pois, write_pois
from .table import read_table, write_table
from .tptbox import read_tptbox, write_tptbox
from .volumes import open_volume, read_grid, read_label_map, read_label_maps, read_volume, write_label_map, write_volume

__all__ = [
    "POINT_SUFFIXES",
    "atomic_write",
    "check_points_name",
    "open_volume",
    "read_grid",
    "read_keypoints",
    "read_label_map",
    "read_label_maps",
    "read_markups",
    "read_pois",
    "read_table",
    "read_tptbox",
    "read_volume",
    "write_label_map",
    "write_markups",
    "write_pois",
    "write_table",
    "write_tptbox",
    "write_volume",
]
