"""The report of measurements: the spine with its angles drawn on it, profiles along the levels, and tables."""

from .write import write_measures_report

__all__ = ["write_measures_report"]
