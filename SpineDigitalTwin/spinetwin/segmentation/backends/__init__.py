"""What makes label maps: one small protocol, and everything that follows it."""

from .choice import BACKENDS, choose
from .mapping import TABLES, MappingTable, table_of
from .protocol import Availability, Backend, Description, Request, Segmentation, Source

__all__ = [
    "BACKENDS",
    "TABLES",
    "Availability",
    "Backend",
    "Description",
    "MappingTable",
    "Request",
    "Segmentation",
    "Source",
    "choose",
    "table_of",
]
