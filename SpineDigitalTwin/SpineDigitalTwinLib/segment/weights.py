"""The weights of a backend: fetched from where they are published, imported, deleted; a person is asked before each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _

from .boxes import fill
from .offers import OfferedWeights, sizeText

if TYPE_CHECKING:
    from spinetwin.jobs import Verdict

    from ..running.background import Background
    from ..running.runbar import RunBar
    from ..running.runlog import RunLog
    from .offers import Offer


@dataclass(frozen=True)
class _Question:
    """What is asked before something happens: the text, and what each button that agrees says and does."""

    text: str
    agreeing: tuple[tuple[str, Callable[[], None]], ...]


class WeightsKeeper:
    """The row of buttons for the weights of a backend, and the question that each of them asks.

    Parameters
    ----------
    ui : namespace of widgets
    background : Background
        Fetches, imports and deletes.
    bar, log : RunBar, RunLog
        Where it is shown.
    tried : callable
        Called when something was tried, well or not: what can run is to be asked anew.
    """

    def __init__(
        self, ui: SimpleNamespace, background: Background, bar: RunBar, log: RunLog, tried: Callable[[], None]
    ) -> None:
        self._ui, self._background, self._bar, self._log, self._tried = ui, background, bar, log, tried
        self._offer: Offer | None = None
        self._question: _Question | None = None
        self.chooseArchive, self.chooseFolder = _askArchive, _askFolder
        self._agreeButtons = (ui.weightsAgreeButton, ui.weightsOtherButton)
        for number, button in enumerate(self._agreeButtons):
            button.connect("clicked()", lambda number=number: self._agree(number))
        ui.weightsDisagreeButton.connect("clicked()", lambda: self._ask(None))
        ui.getWeightsButton.connect("clicked()", self._askSizes)
        ui.importWeightsButton.connect("clicked()", self._askImport)
        ui.deleteWeightsButton.connect("clicked()", self._askDelete)
        ui.weightsBox.connect("currentIndexChanged(int)", lambda _index: self._ask(None))

    # --- what is seen -------------------------------------------------------------------------------------------------

    def refresh(self, offer: Offer | None, *, running: bool) -> None:
        """Show the weights of a backend that has some, what can be done with them, and the question where one is asked."""
        if self._offer is not None and (offer is None or offer.weights != self._offer.weights):
            self._question = None
        self._offer = offer
        self._ui.weightsFrame.setVisible(bool(self._weights))
        if self._weights:
            self._show(free=not running and not self._background.busy)

    @property
    def _weights(self) -> tuple[OfferedWeights, ...]:
        return self._offer.weights if self._offer is not None else ()

    @property
    def _chosen(self) -> OfferedWeights:
        return self._weights[max(0, self._ui.weightsBox.currentIndex)]

    @property
    def _lacking(self) -> list[str]:
        return [each.name for each in self._weights if not each.ready]

    def _show(self, *, free: bool) -> None:
        ui, question = self._ui, self._question
        index = min(max(0, ui.weightsBox.currentIndex), len(self._weights) - 1)
        fill(ui.weightsBox, [_rowText(each) for each in self._weights], index)
        ui.weightsBox.enabled = free
        ui.getWeightsButton.setVisible(bool(self._lacking))
        ui.getWeightsButton.enabled = ui.importWeightsButton.enabled = free
        ui.deleteWeightsButton.enabled = free and self._chosen.there
        ui.weightsQuestionFrame.setVisible(question is not None)
        ui.weightsQuestion.text = question.text if question is not None else ""
        agreeing = question.agreeing if question is not None else ()
        for number, button in enumerate(self._agreeButtons):
            button.setVisible(number < len(agreeing))
            button.enabled = free
            button.text = agreeing[number][0] if number < len(agreeing) else ""

    # --- what is asked ------------------------------------------------------------------------------------------------

    def _ask(self, question: _Question | None) -> None:
        self._question = question
        self.refresh(self._offer, running=False)

    def _agree(self, number: int) -> None:
        question = self._question
        if question is None:
            return
        self._ask(None)
        question.agreeing[number][1]()

    def _askSizes(self) -> None:
        """Ask the servers how much it is, which is the first thing that goes over the network, and then the person."""
        self._ask(None)
        names = self._lacking
        self._run(_("Weights:"), "weights-sizes", {"names": names}, self._askFetch)

    def _askFetch(self, verdict: Verdict) -> None:
        sizes = json.loads(Path(verdict.result.paths["sizes"]).read_text(encoding="utf-8"))
        rows = [each for each in self._weights if each.name in sizes]
        if rows:
            names = [each.name for each in rows]
            self._ask(_Question(_fetchText(rows, sizes), ((_("Get them now"), lambda: self._fetch(names)),)))

    def _askImport(self) -> None:
        chosen = self._chosen
        text = _(
            "Import {name} ({what}; licence {licence}) from a zip archive or a folder? {trust} With your choice you vouch for "
            "them. What was there under this name is replaced."
        ).format(name=chosen.name, what=_whatFor(chosen), licence=escape(chosen.licence), trust=_trustText())
        choices = (
            (_("Zip archive..."), lambda: self._import(chosen, self.chooseArchive())),
            (_("Folder..."), lambda: self._import(chosen, self.chooseFolder())),
        )
        self._ask(_Question(text, choices))

    def _askDelete(self) -> None:
        chosen = self._chosen
        text = _("Delete {name} ({what}; {size}) from this computer? To use it again, it has to be fetched or imported again.")
        agreeing = ((_("Delete it"), lambda: self._start(_("Deleting weights:"), "weights-delete", {"names": [chosen.name]})),)
        self._ask(_Question(text.format(name=chosen.name, what=_whatFor(chosen), size=sizeText(chosen.disk_mb)), agreeing))

    # --- what is done -------------------------------------------------------------------------------------------------

    def _fetch(self, names: list[str]) -> None:
        self._start(_("Getting weights:"), "weights-fetch", {"names": names})

    def _import(self, weights: OfferedWeights, source: str) -> None:
        if source:
            options = {"names": [weights.name], "source": source, "trust": True}
            self._start(_("Importing weights:"), "weights-import", options)

    def _start(self, title: str, step: str, options: Mapping[str, Any]) -> None:
        self._run(title, step, options, lambda _verdict: self._tried(), self._tried)

    def _run(
        self,
        title: str,
        step: str,
        options: Mapping[str, Any],
        done: Callable[[Verdict], None],
        failed: Callable[[], object] = lambda: None,
    ) -> None:
        self._log.begin(title)
        folder = self._background.scratch()
        self._background.start(title, step, {}, options, folder, done, failed, bar=self._bar, heard=self._log.hear)


def _rowText(weights: OfferedWeights) -> str:
    states = {
        "ready": _("there"),
        "missing": _("missing"),
        "unknown": _("there, but nobody has vouched for it"),
        "changed": _("changed or damaged"),
    }
    size = f" ({sizeText(weights.disk_mb)})" if weights.there else ""
    return f"{weights.name}: {states.get(weights.state, weights.state)}{size}"


def _whatFor(weights: OfferedWeights) -> str:
    """Return the role of weights, and for which images."""
    contrasts = _(", for {contrasts}").format(contrasts=" ".join(weights.contrasts)) if weights.contrasts else ""
    return _("{role} network{contrasts}").format(role=weights.role, contrasts=contrasts)


def _fetchText(rows: list[OfferedWeights], sizes: Mapping[str, float | None]) -> str:
    """Say what is fetched, how much, from where, under which licence, and what opening it can mean, and ask."""
    lines = [
        _("{name} ({what}): {size}, licence {licence}, from {host}").format(
            name=each.name,
            what=_whatFor(each),
            size=sizeText(sizes[each.name]) if sizes[each.name] else _("size not told"),
            licence=escape(each.licence),
            host=escape(each.host),
        )
        for each in rows
    ]
    place = _("They go into a folder of their own; the application itself is not changed.")
    return "<br>".join([_("Get these weights?"), *lines, f"{_trustText()} {place}"])


def _trustText() -> str:
    return _(
        "A file of weights can run any program when it is opened: take them only from people you trust. The SHA-256 of every "
        "file is written down now and compared before each use."
    )


def _askArchive() -> str:
    title, kinds = _("Weights to import"), _("Zip archives") + " (*.zip)"
    return str(qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), title, "", kinds) or "")


def _askFolder() -> str:
    return str(qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), _("Folder of weights to import")) or "")
