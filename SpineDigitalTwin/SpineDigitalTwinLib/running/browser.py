"""Pages in the browser."""

from __future__ import annotations

from pathlib import Path

import qt


def openInBrowser(page: Path) -> None:
    """Show a file in the browser of the computer."""
    qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(page)))
