"""The command line: each subcommand is one step of the way of the data."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from . import __version__
from .commands import STEPS, add_step
from .errors import SpineTwinError


def main(argv: Sequence[str] | None = None) -> int:
    """Run `spinetwin`.

    Returns
    -------
    int
        0 when the work is done, 1 when it cannot be done (one sentence on standard error), 2 for a wrong command line.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a terminal that knows few letters must not stop the work after it is done
        sys.stdout.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if argv is None else list(argv)
    arguments = _parser(words).parse_args(words)
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()
    except SpineTwinError as error:
        print(f"spinetwin: {error}", file=sys.stderr)
    except BrokenPipeError:
        # whoever read the output has seen enough (`spinetwin points | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f" with {error.filename}" if error.filename else ""
        print(f"spinetwin: The system refused to go on{where}: {error.strerror or error}.", file=sys.stderr)
    except MemoryError:
        print(
            "spinetwin: There is not enough memory for these images. Crop them to the spine, or free memory.", file=sys.stderr
        )
    except KeyboardInterrupt:
        print("spinetwin: Stopped; nothing half-written was left behind.", file=sys.stderr)
        return 130
    else:
        return code
    return 1


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return what reads a command line; where that begins with the name of a step, no other step has to be loaded."""
    parser = argparse.ArgumentParser(prog="spinetwin", description="From a segmented spine to points of interest.")
    parser.add_argument("--version", action="version", version=f"spinetwin {__version__}")
    steps = parser.add_subparsers(title="steps", required=True, metavar="STEP")
    for name in words[:1] if words and words[0] in STEPS else STEPS:
        add_step(steps, name)
    return parser
