"""The loads of a model as pictures and as an html page."""

from .pictures import draw_loads
from .write import write_loads_report

__all__ = ["draw_loads", "write_loads_report"]
