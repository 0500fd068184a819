"""What a cross-check asks of an engine that holds a model in the posture of its task."""

from __future__ import annotations

from typing import Protocol

from ...geometry import FloatArray


class Engine(Protocol):
    """A model in another program.

    Attributes
    ----------
    version : str
        Name and version of the program.
    angles : tuple of str
        What its joints turn by, k of them; each name begins with that of its joint.
    muscles : tuple of str
    strengths : (m,) array
        N.
    """

    version: str
    angles: tuple[str, ...]
    muscles: tuple[str, ...]
    strengths: FloatArray

    def demand(self) -> FloatArray:
        """Return the moments (k,), Nm, that must hold the posture when no muscle pulls; discs and ligaments help already."""

    def columns(self) -> FloatArray:
        """Return the moments (k, m), Nm, that each muscle makes with 1 N."""

    def reactions(self, forces: FloatArray, held: FloatArray) -> FloatArray:
        """Return force and moment (n, 2, 3) on the upper body of each joint about its centre, RAS, N and Nm.

        Parameters
        ----------
        forces : (m,) array
            Of the muscles, N.
        held : (k,) array
            Moments that make the balance whole, Nm.
        """
