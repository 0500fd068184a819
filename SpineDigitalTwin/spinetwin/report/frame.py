"""What the pages of all reports but that of the points share: head, style and footer."""

from __future__ import annotations

from html import escape
from importlib import resources
from string import Template

from .. import __version__

TEXT, NUMBERS = "text", "numbers"
"""Kinds of pages: tables that hold sentences, or numbers that must not be broken."""


def framed(package: str, kind: str, title: str, **parts: str) -> str:
    """Return a whole html page.

    Parameters
    ----------
    package : str
        Package whose ``page.html`` is the body.
    kind : str
        `TEXT` or `NUMBERS`.
    title : str
        Of the window; any text.
    **parts : str
        What the body has in its places, html.
    """
    body = _template(package, "page.html").substitute(parts)
    return _template(__package__, "frame.html").substitute(title=escape(title), kind=kind, body=body, version=__version__)


def _template(package: str, name: str) -> Template:
    return Template(resources.files(package).joinpath(name).read_text(encoding="utf-8"))
