"""Fetching what a backend needs, on a person's request: its licence and size are shown before anything happens."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from types import SimpleNamespace
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from .offers import sizeText

if TYPE_CHECKING:
    from ..running.background import Background
    from ..running.runbar import RunBar
    from ..running.runlog import RunLog
    from .offers import Offer

STEP = "install"


class Installer:
    """The button below the availability of a backend, and the question that it asks.

    Parameters
    ----------
    ui : namespace of widgets
    background : Background
        Installs.
    bar, log : RunBar, RunLog
        Where it is shown.
    tried : callable
        Called when an installation has ended, well or not: what can run is to be asked anew.
    """

    def __init__(
        self, ui: SimpleNamespace, background: Background, bar: RunBar, log: RunLog, tried: Callable[[], None]
    ) -> None:
        self._ui, self._background, self._bar, self._log, self._tried = ui, background, bar, log, tried
        self._offer: Offer | None = None
        self._asking = False
        ui.installButton.connect("clicked()", lambda: self._ask(True))
        ui.notNowButton.connect("clicked()", lambda: self._ask(False))
        ui.installNowButton.connect("clicked()", self._install)

    def refresh(self, offer: Offer | None) -> None:
        """Show the button for a backend that lacks something, and the question where it was pressed."""
        if self._offer is not None and (offer is None or offer.name != self._offer.name):
            self._asking = False
        self._offer = offer
        wanted = offer is not None and offer.installable
        self._ui.installButton.setVisible(wanted and not self._asking)
        self._ui.installFrame.setVisible(wanted and self._asking)
        if not wanted:
            return
        self._ui.installButton.enabled = not self._background.busy
        self._ui.installNowButton.enabled = not self._background.busy
        self._ui.installButton.text = _("Install... ({size})").format(size=sizeText(offer.download_mb))
        self._ui.installLabel.text = _question(offer)

    def _ask(self, asking: bool) -> None:
        self._asking = asking
        self.refresh(self._offer)

    def _install(self) -> None:
        offer = self._offer
        if offer is None:
            return
        self._ask(False)
        title = _("Installing {title}:").format(title=offer.title)
        self._log.begin(title)
        folder = self._background.scratch()
        self._background.start(
            title,
            STEP,
            {},
            {"backend": offer.name},
            folder,
            lambda _verdict: self._tried(),
            # what a cancelled one has left is removed by the worker that is asked
            self._tried,
            bar=self._bar,
            heard=self._log.hear,
        )


def _question(offer: Offer) -> str:
    """Say what is downloaded, how much, where to and under which licences, how else it can come here, and ask."""
    what = offer.fetches or _("its weights")
    question = _(
        "Install {title}? {size} are downloaded: {what}. They go into a folder of their own; the application itself is not "
        "changed."
    ).format(title=escape(offer.title), size=sizeText(offer.download_mb), what=escape(what))
    return " ".join(filter(None, (question, _ofWeights(offer), _byHand(offer))))


def _ofWeights(offer: Offer) -> str:
    """Say where the weights come from, or under which licence they are; "" where packages alone are fetched."""
    if offer.weights:
        return str(_("Its weights are not among that: they are fetched or imported by themselves, below."))
    if not offer.licence and offer.fetches:
        # the licences of packages are told with them
        return ""
    return str(_("Licence of its weights: {licence}.").format(licence=escape(offer.licence or _("not stated"))))


def _byHand(offer: Offer) -> str:
    """Say how packages come to a computer without a network: who brings them there has a terminal."""
    if not offer.fetches:
        return ""
    text = _(
        "Without a network, somebody can bring the packages in a folder, as wheels; then type in a terminal: "
        "spinetwin install {name} --from FOLDER"
    )
    return str(text.format(name=escape(offer.name)))
