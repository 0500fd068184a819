"""How good a segmentation is: overlap, surface distances and instances beside a reference."""

from .case import CaseScores, StructureScore, score_case
from .instances import InstanceScore, Match
from .summary import MEASURES, Cell, Row, Table, tables

__all__ = ["MEASURES", "CaseScores", "Cell", "InstanceScore", "Match", "Row", "StructureScore", "Table", "score_case", "tables"]
