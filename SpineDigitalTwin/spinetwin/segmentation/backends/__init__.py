"""What makes label maps: one small protocol, and everything that follows it."""

from ..stages import Stages
from .choice import AUTO, choose
from .embedded import EmbeddedBackend
from .imported import ImportBackend
from .mapping import TABLES, MappingTable, table_of
from .protocol import Availability, Backend, Description, Effort, Foretelling, Request, Segmentation, Source

__all__ = [
    "AUTO",
    "TABLES",
    "Availability",
    "Backend",
    "Description",
    "Effort",
    "EmbeddedBackend",
    "Foretelling",
    "ImportBackend",
    "MappingTable",
    "Request",
    "Segmentation",
    "Source",
    "Stages",
    "choose",
    "table_of",
]
