"""What each environment holds: the rows of requirements.csv."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass

from ...anatomy.tables import read_table
from ...errors import ParameterError


@dataclass(frozen=True)
class Requirements:
    """One set of packages, for one or more backends.

    Attributes
    ----------
    name : str
        Of the environment, and of its folder.
    backends : tuple of str
        That can run in it.
    first, then : tuple of str
        Packages with versions, in the order of their installation; what was installed first stays as it is.
    constraints : tuple of str
        Versions that hold for whatever else is brought along.
    without : tuple of str
        Packages that are brought along and must go again.
    imports : tuple of str
        Modules that are imported once to see that it works.
    distributions : int
        How many packages that makes, measured.
    download_mb, disk_mb : float
        What is fetched, and what it takes on the disk; measured on Linux with the CPU build of torch, others are larger.
    licences : str
        Of the packages that are asked for; what they bring along has its own.
    source : str
        Where the pins come from.
    """

    name: str
    backends: tuple[str, ...]
    first: tuple[str, ...]
    then: tuple[str, ...]
    constraints: tuple[str, ...]
    without: tuple[str, ...]
    imports: tuple[str, ...]
    distributions: int
    download_mb: float
    disk_mb: float
    licences: str
    source: str

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The names of the packages that are asked for, without those that they bring along."""
        return tuple(re.split(r"[=<>~!\[]", each)[0] for each in (*self.first, *self.then))

    @property
    def fetches(self) -> str:
        """Say what is fetched, under which licences."""
        more = self.distributions - len(self.asked_for)
        return f"{', '.join((*self.first, *self.then)).replace('==', ' ')} and {more} packages that they need ({self.licences})"

    @property
    def size(self) -> str:
        """Say how much is fetched, and what it takes on the disk."""
        told = f"{size_text(self.download_mb)} to fetch and {size_text(self.disk_mb)} on the disk"
        with_torch = any(each.startswith("torch==") for each in (*self.first, *self.then))
        return f"{told}, more where torch comes with CUDA" if with_torch else told

    @property
    def digest(self) -> str:
        """Tells sets of packages from each other; another set means another installation."""
        packages = astuple(self)[2:6]
        return hashlib.sha256(json.dumps(packages).encode("utf-8")).hexdigest()


def size_text(megabytes: float) -> str:
    """Return a size for people."""
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"


def _requirements(row: Mapping[str, str]) -> Requirements:
    lists = (tuple(row[name].split()) for name in ("backends", "first", "then", "constraints", "without", "imports"))
    backends, first, then, constraints, without, imports = lists
    sizes = int(row["distributions"]), float(row["download_mb"]), float(row["disk_mb"])
    told = row["licences"], row["source"]
    return Requirements(row["environment"], backends, first, then, constraints, without, imports, *sizes, *told)


ENVIRONMENTS: Mapping[str, Requirements] = {
    row["environment"]: _requirements(row) for row in read_table("requirements.csv", __package__)
}
"""All there are, by name."""


def requirements_of(name: str) -> Requirements:
    """Return the requirements of an environment.

    Raises
    ------
    ParameterError
        If there is none of this name.
    """
    if name not in ENVIRONMENTS:
        raise ParameterError(f"There is no environment {name!r}.", f"Choose one of {', '.join(ENVIRONMENTS)}.")
    return ENVIRONMENTS[name]


def serving(backend: str) -> tuple[Requirements, ...]:
    """Return the sets of packages that a backend can run with; the one made for it first."""
    found = [each for each in ENVIRONMENTS.values() if backend in each.backends]
    return tuple(sorted(found, key=lambda each: each.name != backend))
