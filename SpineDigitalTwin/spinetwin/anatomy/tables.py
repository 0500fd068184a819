"""Reading the csv tables that lie beside this file."""

from __future__ import annotations

import csv
from importlib import resources


def read_table(name: str, package: str = __package__) -> list[dict[str, str]]:
    """Return the rows of a packaged csv table.

    Parameters
    ----------
    name : str
        File name inside `package`.
    package : str
        Dotted name of the package that holds the file.

    Returns
    -------
    list of dict
        One dictionary per row, keyed by the header.
    """
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
