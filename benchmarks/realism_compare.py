"""The tables of `realism`: a person beside the phantom of the population and the fitted one, and people beside one another."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from math import erf, sqrt
from pathlib import Path

import numpy as np
from realism_axes import Bone
from realism_fit import Measured
from realism_measure import dimensions_of
from realism_sd import known_sd, sd_of
from spinetwin.anatomy import level

WITHIN = 2.0
"""Standard deviations."""

SHARE_WITHIN = erf(WITHIN / sqrt(2.0))
"""Of a normal population, that lies within that: one dimension in 22 of a healthy person does not."""

REASONS = list(csv.DictReader(Path(__file__).with_name("realism_reasons.csv").read_text(encoding="utf-8").splitlines()))
"""Why dimensions of a person are beyond that: person, levels, dimension, reason."""


@dataclass(frozen=True)
class Comparison:
    """One dimension of one level: of the person, of the phantom of the population, of the fitted one; standard deviations."""

    level: str
    dimension: str
    real: float
    population: float
    fitted: float
    sds: tuple[float, float]

    @property
    def ratios(self) -> tuple[float, float]:
        """Both phantoms against the person."""
        return self.population / self.real, self.fitted / self.real

    @property
    def deviations(self) -> tuple[float, float]:
        """How many standard deviations both phantoms are off."""
        return (self.population - self.real) / self.sds[0], (self.fitted - self.real) / self.sds[1]


@dataclass(frozen=True)
class Person:
    """A real person: what was measured, and how the phantoms compare; without damaged levels."""

    name: str
    measured: Measured
    found: list[Comparison]


def compare(real: Mapping[int, Bone], population: Mapping[int, Bone], fitted: Mapping[int, Bone]) -> list[Comparison]:
    """Measure all levels of three persons."""
    found = []
    for key, bone in real.items():
        theirs, mean, ours = dimensions_of(bone), dimensions_of(population[key]), dimensions_of(fitted[key])
        for name in theirs:
            if name in mean and name in ours:
                sds = sd_of(key, name, mean[name]), sd_of(key, name, ours[name])
                found.append(Comparison(level(key).name, name, theirs[name], mean[name], ours[name], sds))
    return found


def print_volumes(found: list[Comparison], damaged: set[str]) -> None:
    """Print the volumes of all levels."""
    _print_head("level", "real, ml", "population, ml", "ratio", "fitted, ml", "ratio")
    for each in found:
        if each.dimension == "volume":
            note, (first, second) = " (fracture)" if each.level in damaged else "", each.ratios
            ours = f"{each.population:.1f} | {first:.2f} | {each.fitted:.1f} | {second:.2f}"
            print(f"| {each.level}{note} | {each.real:.1f} | {ours} |")


def print_summary(found: list[Comparison]) -> None:
    """Print one row a dimension and region: means, and how many SD off on average; population, then fitted."""
    _print_head(
        "dimension", "region", "real", "population", "fitted", "SD off, mean", "beyond 2 SD, population", "beyond 2 SD, fitted"
    )
    for name in dict.fromkeys(each.dimension for each in found):
        for region in ("cervical", "thoracic", "lumbar"):
            rows = [each for each in found if each.dimension == name and level(each.level).region == region]
            if rows:
                means = np.mean([[each.real, each.population, each.fitted] for each in rows], axis=0)
                off = np.mean([each.deviations for each in rows], axis=0)
                beyond = [" ".join(each.level for each in rows if abs(each.deviations[n]) > WITHIN) for n in (0, 1)]
                print(
                    f"| {name} | {region} | {means[0]:.1f} | {means[1]:.1f} | {means[2]:.1f} | {off[0]:+.1f}, {off[1]:+.1f} "
                    f"| {beyond[0]} | {beyond[1]} |"
                )


def print_beyond(person: str, found: list[Comparison]) -> None:
    """Print every dimension in which either phantom is more than 2 SD off, with the reason."""
    _print_head("level", "dimension", "real", "population", "SD off", "fitted", "SD off", "reason")
    for each in found:
        if max(abs(off) for off in each.deviations) > WITHIN:
            first, second = each.deviations
            numbers = f"{each.real:.1f} | {each.population:.1f} | {first:+.1f} | {each.fitted:.1f} | {second:+.1f}"
            print(f"| {each.level} | {each.dimension} | {numbers} | {_reason(person, each)} |")


def _reason(person: str, each: Comparison) -> str:
    for row in REASONS:
        if row["person"] == person and row["dimension"] == each.dimension and each.level in row["levels"].split():
            return row["reason"]
    return "not looked into"


def print_levels(found: list[Comparison]) -> None:
    """Print every level."""
    _print_head("level", "dimension", "real", "population", "SD off", "fitted", "SD off")
    for each in found:
        first, second = each.deviations
        numbers = f"{each.real:.1f} | {each.population:.1f} | {first:+.1f} | {each.fitted:.1f} | {second:+.1f}"
        print(f"| {each.level} | {each.dimension} | {numbers} |")


def counts(people: list[Person]) -> None:
    """Print how many dimensions lie within 2 SD and how many volumes within 10 %, of both phantoms."""
    _print_head(
        "person",
        "dimensions",
        "expected within 2 SD of a normal population",
        "population within 2 SD",
        "fitted",
        "volumes",
        "population within 10 %",
        "fitted",
    )
    total = np.zeros(7, dtype=int)
    for person in people:
        sizes = [each for each in person.found if each.dimension != "volume"]
        volumes = [each for each in person.found if each.dimension == "volume"]
        close = [sum(abs(each.deviations[n]) <= WITHIN for each in sizes) for n in (0, 1)]
        alike = [sum(abs(each.ratios[n] - 1.0) <= 0.1 for each in volumes) for n in (0, 1)]
        row = [len(sizes), round(SHARE_WITHIN * len(sizes)), *close, len(volumes), *alike]
        total += row
        print(f"| {person.name} | " + " | ".join(map(str, row)) + " |")
    print("| all | " + " | ".join(map(str, total)) + " |")
    _print_strictly(people)


def _print_strictly(people: list[Person]) -> None:
    """Print the same by standard deviations that owe nothing to these persons and to the size of their voxels."""
    known = [(each, known_sd(level(each.level).id, each.dimension, each.population)) for one in people for each in one.found]
    known = [(each, sd) for each, sd in known if each.dimension != "volume" and np.isfinite(sd)]
    population, fitted = (
        sum(abs(getattr(each, ours) - each.real) <= WITHIN * sd for each, sd in known) for ours in ("population", "fitted")
    )
    print(
        f"\nBy published standard deviations alone, and without a least one of a voxel's edge: of {len(known)} dimensions "
        f"{population} of the population lie within 2 SD, and {fitted} of the fitted."
    )


def print_yardstick(people: list[Person]) -> None:
    """Print how many dimensions of a real person lie within 2 SD of those of another, who is scaled to the same bone volume."""
    _print_head("person", "beside", "dimensions", "within 2 SD", "%", "volumes", "within 10 %")
    total = np.zeros(4, dtype=int)
    for one, other in permutations(people, 2):
        shared = [each for each in one.measured if each in other.measured]
        size = np.median([one.measured[each] / other.measured[each] for each in shared if each[1] == "volume"]) ** (1 / 3)
        scaled = {each: other.measured[each] * size ** (3 if each[1] == "volume" else 1) for each in shared}
        sizes = [each for each in shared if each[1] != "volume"]
        volumes = [each for each in shared if each[1] == "volume"]
        close = sum(abs(one.measured[each] - scaled[each]) <= WITHIN * sd_of(*each, abs(scaled[each])) for each in sizes)
        alike = sum(abs(scaled[each] / one.measured[each] - 1.0) <= 0.1 for each in volumes)
        share = 100.0 * close / len(sizes)
        total += close, len(sizes), alike, len(volumes)
        print(f"| {one.name} | {other.name} | {len(sizes)} | {close} | {share:.0f} | {len(volumes)} | {alike} |")
    print(f"| all | | {total[1]} | {total[0]} | {100.0 * total[0] / max(total[1], 1):.0f} | {total[3]} | {total[2]} |")


def _print_head(*columns: str) -> None:
    print("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
