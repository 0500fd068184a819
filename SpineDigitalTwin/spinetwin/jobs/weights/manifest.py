"""Which weights there are, where they come from and under which licence: the rows of manifest.csv."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...anatomy.tables import read_table
from ...errors import ParameterError


@dataclass(frozen=True)
class Weights:
    """One archive of weights.

    Attributes
    ----------
    name : str
    backend : str
        That uses it.
    role : str
        What for: "semantic", "instance", "step1", "step2".
    contrasts : tuple of str
        Kinds of images it was trained on, as BIDS spells them; none where it takes any.
    folder : str
        Where its files go, below the folder for weights.
    holds : str
        A file that is in it, with ``*`` for any part of a name: what lacks it is something else.
    url : str
    hosts : tuple of str
        Where the address may lead to; ``*.`` stands for any name before.
    size_mb : float or None
        Of the archive; None where it is not published, then the server is asked before anything is fetched.
    licence : str
    source : str
        Where address and licence are written.
    """

    name: str
    backend: str
    role: str
    contrasts: tuple[str, ...]
    folder: str
    holds: str
    url: str
    hosts: tuple[str, ...]
    size_mb: float | None
    licence: str
    source: str

    @property
    def size(self) -> str:
        """Say how much is fetched."""
        return f"{self.size_mb:.0f} MB" if self.size_mb else "size not published"


def _weights(row: Mapping[str, str]) -> Weights:
    size = float(row["size_mb"]) if row["size_mb"] else None
    name, backend, role = row["name"], row["backend"], row["role"]
    contrasts, hosts = tuple(row["contrasts"].split()), tuple(row["hosts"].split())
    places = row["folder"], row["holds"], row["url"]
    return Weights(name, backend, role, contrasts, *places, hosts, size, row["licence"], row["source"])


WEIGHTS: Mapping[str, Weights] = {row["name"]: _weights(row) for row in read_table("manifest.csv", __package__)}
"""All there are, by name."""


def weights_of(name: str) -> Weights:
    """Return a row of the manifest.

    Raises
    ------
    ParameterError
        If there is none of this name.
    """
    if name not in WEIGHTS:
        raise ParameterError(f"There are no weights {name!r}.", f"Choose some of {', '.join(WEIGHTS)}.")
    return WEIGHTS[name]


def weights_for(backend: str, role: str, contrast: str = "") -> Weights | None:
    """Return the weights of a backend for a role and a contrast, or None where there are none."""
    rows = (each for each in WEIGHTS.values() if (each.backend, each.role) == (backend, role))
    return next((each for each in rows if not each.contrasts or contrast in each.contrasts), None)
