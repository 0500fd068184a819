"""Pictures that a page carries, where this Python can draw them: that of 3D Slicer comes without matplotlib."""

from __future__ import annotations

import base64
from html import escape
from importlib.util import find_spec

NOT_DRAWN = "Not drawn, because this Python has no matplotlib; to have the picture, install it there: pip install matplotlib."
"""What people are told in place of a picture."""


def can_draw() -> bool:
    """Say whether matplotlib is there."""
    return find_spec("matplotlib") is not None


def figure_of(png: bytes | None, text: str) -> str:
    """Return a figure as html that carries its picture; `text` is read out instead of it.

    Parameters
    ----------
    png : bytes or None
        None for a picture that could not be drawn: the page says so in its place.
    text : str
        What is to be seen.
    """
    if png is None:
        return f'<p class="quiet">{escape(text)} {NOT_DRAWN}</p>'
    return f'<figure><img src="data:image/png;base64,{base64.b64encode(png).decode("ascii")}" alt="{escape(text)}"></figure>'
