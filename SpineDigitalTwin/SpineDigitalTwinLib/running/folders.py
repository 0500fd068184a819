"""The folder that a person has chosen to write into."""

from __future__ import annotations

from pathlib import Path

from slicer.i18n import tr as _
from spinetwin.errors import WriteError


def existing(path: str | Path) -> Path:
    """Return a folder that is there.

    Raises
    ------
    WriteError
        If it is not.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise WriteError(_("There is no folder {folder}.").format(folder=folder), _("Make it first, or choose another."))
    return folder
