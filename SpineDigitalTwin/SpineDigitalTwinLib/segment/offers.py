"""What can segment an image on this computer: asked from a worker, so that nothing waits and nothing is loaded here."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _

if TYPE_CHECKING:
    from spinetwin.geometry import Grid
    from spinetwin.jobs import Verdict

AUTO = "auto"


@dataclass(frozen=True)
class OfferedWeights:
    """Weights that a backend needs for one image.

    Attributes
    ----------
    name, role : str
        Of the archive, and what for.
    contrasts : tuple of str
        Kinds of images that they are for; none where they take any.
    licence, host : str
        Of the archive, and the server that publishes it.
    state : str
        "ready", "missing", "unknown" (nobody has vouched for them) or "changed".
    disk_mb : float
        What they take on this computer.
    """

    name: str
    role: str
    contrasts: tuple[str, ...]
    licence: str
    host: str
    state: str
    disk_mb: float

    @property
    def ready(self) -> bool:
        """Whether they can be used."""
        return self.state == "ready"

    @property
    def there(self) -> bool:
        """Whether there is anything to delete."""
        return self.state != "missing"


@dataclass(frozen=True)
class Offer:
    """One backend, as it describes itself, and whether it can run for one image.

    Attributes
    ----------
    name, title, makes : str
        For job files, for people, and what its maps hold.
    download_mb, fetches : float, str
        How much installing it would fetch now, and what that is.
    licence : str
        Of its weights.
    reads_image : bool
        Whether it looks at the image; else label maps are taken over.
    ready, reason : bool, str
        Whether it can run on this computer, and why (not).
    fits, needs : bool, str
        Whether there is memory enough, and what it will take, or why that is too much.
    devices : tuple of str
        Where it can run beside the processor.
    weights : tuple of OfferedWeights
        Those that it needs and that are fetched or imported by themselves.
    """

    name: str
    title: str
    makes: str
    download_mb: float = 0.0
    fetches: str = ""
    licence: str = ""
    reads_image: bool = True
    ready: bool = False
    reason: str = ""
    fits: bool = True
    needs: str = ""
    devices: tuple[str, ...] = ()
    weights: tuple[OfferedWeights, ...] = ()

    @property
    def installable(self) -> bool:
        """Whether something can be fetched for it that is missing."""
        return self.download_mb > 0 and not self.ready

    def described(self) -> str:
        """Return what it is, as rich text."""
        parts = [escape(_sentence(self.makes))]
        if self.licence:
            parts.append(_("Licence: {licence}.").format(licence=escape(self.licence)))
        if self.download_mb:
            parts.append(_("{size} to download.").format(size=sizeText(self.download_mb)))
        elif self.reads_image and self.ready:
            parts.append(_("Nothing has to be downloaded."))
        return " ".join(parts)


@dataclass(frozen=True)
class Offers:
    """All of them, the best first, and the one that is taken where nobody chooses; why not, where its name is empty."""

    backends: tuple[Offer, ...]
    automatic: str
    why: str

    def named(self, name: str) -> Offer | None:
        """Return the backend of a name; for AUTO the automatic one, or where none can run, the smallest to install."""
        if name == AUTO and not self.automatic:
            return min((each for each in self.backends if each.installable), key=lambda each: each.download_mb, default=None)
        wanted = self.automatic if name == AUTO else name
        return next((each for each in self.backends if each.name == wanted), None)


def sizeText(megabytes: float) -> str:
    """Return a size for people."""
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"


def withoutCommands(text: str) -> str:
    """Leave out what to type in a terminal, which stands in brackets: a panel has buttons for that."""
    return re.sub(r" \([^()`]*`[^`]*`[^()`]*\)", "", text)


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def read(path: str | Path) -> Offers:
    """Read what the worker has written."""
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    return Offers(tuple(map(_offer, content["backends"])), content[AUTO]["name"], content[AUTO]["why"])


def _offer(told: Mapping[str, Any]) -> Offer:
    known = {each.name: told[each.name] for each in fields(Offer) if each.name in told}
    weights = tuple(OfferedWeights(**each | {"contrasts": tuple(each["contrasts"])}) for each in told.get("weights", ()))
    return Offer(**known | {"devices": tuple(told.get("devices", ())), "weights": weights})


class OffersQuery:
    """Asks a worker of its own, one question at a time; a newer question makes an older one void.

    Parameters
    ----------
    makeWorker : callable
        Takes onEvent and onFinished, as `WorkerProcess` does.
    told : callable
        Called with Offers, or with a sentence that says why nobody knows.
    """

    def __init__(self, makeWorker: Callable[..., Any], told: Callable[[Offers | str], None]) -> None:
        self._worker = makeWorker(lambda _event: None, self._onFinished)
        self._told = told
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._next: dict[str, Any] | None = None

    @property
    def busy(self) -> bool:
        """Whether the answer is still to come."""
        return bool(self._worker.busy)

    def ask(self, grid: Grid, name: str, contrast: str = "") -> None:
        """Ask what can run for an image on a grid, in a file of a name, of a contrast if a person says which."""
        self._next = {"grid": {"shape": list(grid.shape), "ijk_to_ras": grid.ijk_to_ras.tolist()}, "image": name}
        self._next |= {"contrast": contrast} if contrast else {}
        if self.busy:
            self._worker.cancel()
        else:
            self._start()

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self._next = None
        self._worker.close()
        self._forget()

    def _start(self) -> None:
        options, self._next = self._next, None
        self._forget()
        self._folder = tempfile.TemporaryDirectory(
            prefix="spinetwin-", dir=slicer.app.temporaryPath, ignore_cleanup_errors=True
        )
        self._worker.start("backends", {}, options, self._folder.name)

    def _onFinished(self, verdict: Verdict) -> None:
        if self._next is not None:
            self._start()
            return
        told = read(verdict.result.paths["backends"]) if verdict.result is not None else verdict.text
        self._forget()
        self._told(told)

    def _forget(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
