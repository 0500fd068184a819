"""What discs and ligaments do when the spine leaves the posture in which it was imaged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..anatomy import level
from ..geometry import FloatArray
from .model import MultibodyModel, slack_lengths, strand_lengths


@dataclass(frozen=True)
class Stretch:
    """Ligaments in a pose.

    Attributes
    ----------
    strains : (s,) array
        Lengthening against the slack length over the free length; negative where a strand is slack.
    tensions : (s,) array
        N; 0 for torn strands.
    torn : (s,) array of bool
        Whether a strand is stretched beyond the load at which such ligaments fail.
    """

    strains: FloatArray
    tensions: FloatArray
    torn: npt.NDArray[np.bool_]


def stretch(imaged: MultibodyModel, posed: MultibodyModel, laws: str, flavum_n: float = 0.0) -> Stretch:
    """Return strain and tension of every strand; a set without a law for a ligament leaves it out.

    Parameters
    ----------
    imaged, posed : MultibodyModel
        The same model in the imaged posture, and in the pose.
    laws : str
        Name of a set of laws, or "none".
    flavum_n : float
        As for `slack_lengths`.
    """
    spanned, slack, now = strand_lengths(imaged), slack_lengths(imaged, laws, flavum_n), strand_lengths(posed)
    strains = (now - slack) / np.maximum(spanned, 1e-9)
    tensions, torn = np.zeros_like(strains), np.zeros(strains.shape, dtype=np.bool_)
    names = np.array(imaged.ligaments.names)
    for name in dict.fromkeys(imaged.ligaments.names):
        law = imaged.tissues.ligaments.get((laws, name))
        if law is None:
            continue
        which = names == name
        free = law.free(spanned[which])
        strains[which] = (now - slack)[which] / free
        whole = law.tension(strains[which], free)
        torn[which] = whole > law.failure_n
        tensions[which] = np.where(whole > law.failure_n, 0.0, whole * imaged.ligaments.shares[which])
    return Stretch(strains, tensions, torn)


def disc_stiffness(model: MultibodyModel, preload_n: FloatArray, scale: float = 1.0) -> FloatArray:
    """Return the stiffness (n, 3) of each disc against flexion, side bending and turning, Nm/degree.

    Parameters
    ----------
    preload_n : (n,) array
        Compression, N; beyond the range of the table its ends are taken.
    scale : float
        Of all stiffness; 0 leaves discs out.
    """
    found = np.zeros((len(model.levels), 3))
    regions = np.array([level(key).region for key in model.levels])
    for region, law in model.tissues.discs.items():
        here = regions == region
        found[here] = np.array([np.interp(preload_n[here], law.preload_n, term) for term in law.stiffness.T]).T
    return scale * found
