"""The loads that were kept to be compared with: before a correction, lying, in another task. Saved with the scene.

They are the text that their file would have, so that the worker can be given them, too.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _

from .. import rolenodes
from .tubes import FOLDER

if TYPE_CHECKING:
    from spinetwin.biomechanics.results import PastLoads

    from .answers import Answer

ROLE = "kept loads"

_TEXT, _ABOUT = "vtkMRMLTextNode", "SpineDigitalTwin.about"


def keep(answer: Answer, about: str) -> None:
    """Keep loads in the scene, in place of those that were kept; `about` says to people what they are."""
    from spinetwin.io.loads import loads_text

    node = rolenodes.ensure(_TEXT, ROLE, _("Loads, kept"), FOLDER)
    was = node.StartModify()
    node.SetText(loads_text(answer.model, answer.found, answer.spread))
    node.SetAttribute(_ABOUT, about)
    node.HideFromEditorsOn()
    node.EndModify(was)


def forget() -> None:
    """Take the kept loads out of the scene."""
    rolenodes.remove(_TEXT, [ROLE], FOLDER)


def kept() -> PastLoads | None:
    """Return the kept loads, the same object as long as they stay; None where there are none, or loaded ones are damaged."""
    node = _node()
    return None if node is None else _read(node.GetText() or "", node.GetAttribute(_ABOUT) or "")


def text() -> str:
    """Return the kept loads as their file would have them; "" where `kept` returns None."""
    return _node().GetText() if kept() is not None else ""


def _node() -> slicer.vtkMRMLTextNode | None:
    return rolenodes.find(_TEXT, ROLE)


@lru_cache(maxsize=1)
def _read(text: str, about: str) -> PastLoads | None:
    """Read the text once: it is asked for in every turn of a drag."""
    from spinetwin.errors import ReadError
    from spinetwin.io.loads import loads_in

    try:
        return loads_in(json.loads(text), ROLE, about)
    except (ValueError, RecursionError, ReadError):
        return None
