"""Where the program keeps what a person has asked it to install: environments and weights."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ...errors import WriteError

HOME_VARIABLE = "SPINETWIN_HOME"


def home(variables: Mapping[str, str] | None = None, system: str = sys.platform) -> Path:
    """Return the folder for the program's own files; it need not exist yet.

    Parameters
    ----------
    variables : mapping of str to str, optional
        The environment; default that of this process. SPINETWIN_HOME names the folder, else each system's custom is followed.
    system : str
        As `sys.platform`.

    Returns
    -------
    Path
        An absolute one.

    References
    ----------
    XDG Base Directory Specification 0.8; Known Folders of Windows (FOLDERID_LocalAppData); File System Programming Guide of
    Apple (Application Support).
    """
    given = os.environ if variables is None else variables
    if given.get(HOME_VARIABLE, "").strip():
        return Path(given[HOME_VARIABLE]).expanduser().absolute()
    if system == "win32":
        return Path(given.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "spinetwin"
    if system == "darwin":
        return Path.home() / "Library" / "Application Support" / "spinetwin"
    shared = Path(given.get("XDG_DATA_HOME", ""))
    # the specification: a relative path is to be ignored
    return (shared if shared.is_absolute() else Path.home() / ".local" / "share") / "spinetwin"


def made(folder: Path) -> Path:
    """Make a folder of the program with its parents, and return it.

    Raises
    ------
    WriteError
        If the system refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = f"Cannot make the folder {folder}: {error.strerror}."
        raise WriteError(said, f"Name another with {HOME_VARIABLE}.") from error
    return folder
