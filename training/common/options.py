"""The options that all trainings have."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import torch


def options_for(description: str | None, out: str) -> argparse.ArgumentParser:
    """Return a parser of the options that all trainings have; `out` is the usual folder."""
    parser, half = argparse.ArgumentParser(description=description), max(1, (os.cpu_count() or 2) // 2)
    parser.add_argument("--out", type=Path, default=Path(out), help="folder of weights and log")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    parser.add_argument(
        "--short",
        action=argparse.BooleanOptionalAction,
        default=torch.cuda.is_available(),
        help="calculate with 16 bits: faster on a GPU and on a processor with AMX",
    )
    parser.add_argument("--workers", type=int, default=half, help="processes that make what the network is trained on")
    parser.add_argument("--threads", type=int, default=half, help="threads of the network on a CPU")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after this time; the same command goes on")
    return parser
