"""What other programs say of their progress: the bars of tqdm, as lines of text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BAR = re.compile(r"^(?P<what>.*?)(?::\s*)?\s*(?P<percent>\d{1,3})%\|[^|]*\|\s*(?P<done>[\d.]+\S*)/(?P<all>[\d.]+\S*)")


@dataclass(frozen=True)
class Bar:
    """One state of a progress bar: what it is of ("" where it is not said), the fraction done, and how that is counted."""

    what: str
    fraction: float
    count: str


def bar_of(line: str) -> Bar | None:
    """Read a line as tqdm writes it; None where it is something else.

    Examples
    --------
    >>> bar_of("Predicting:  25%|██▌       | 3/12 [00:04<00:13,  1.5s/it]")
    Bar(what='Predicting', fraction=0.25, count='3/12')
    >>> bar_of("Loading the model") is None
    True
    """
    match = _BAR.match(line.strip())
    if match is None:
        return None
    fraction = min(1.0, int(match["percent"]) / 100)
    return Bar(match["what"].strip(), fraction, f"{match['done']}/{match['all']}")
