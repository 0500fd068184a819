"""The subcommands, one module each: `add` tells the parser about it, `run` does it in terms of the library."""

from . import (
    check,
    convert,
    demo,
    evaluate,
    install,
    measure,
    phantom,
    poi,
    points,
    rename,
    segment,
    shape_model,
    simulate,
    weights,
    worker,
    xray,
)

STEPS = (
    segment,
    rename,
    poi,
    xray,
    shape_model,
    measure,
    simulate,
    evaluate,
    check,
    convert,
    demo,
    phantom,
    points,
    install,
    weights,
    worker,
)
"""In the order of the help text."""

__all__ = ["STEPS"]
