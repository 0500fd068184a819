"""The subcommands, one module each: `add` tells the parser about it, `run` does it in terms of the library."""

from . import check, convert, demo, evaluate, measure, phantom, poi, points, segment, simulate, worker

STEPS = (segment, poi, measure, simulate, evaluate, check, convert, demo, phantom, points, worker)
"""In the order of the help text."""

__all__ = ["STEPS"]
