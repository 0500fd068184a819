"""What segments, and where it runs: the choice, what it makes, and why it can or cannot run here, in words."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import ctk
import qt
import slicer
from slicer.i18n import tr as _
from spinetwin.segmentation.contrast import CONTRASTS, USUAL, contrast_of

from ..messages import FAILED
from ..running.interpreter import MODELS_SETTING
from .boxes import fill
from .offers import AUTO, Offer, Offers, OffersQuery, withoutCommands

if TYPE_CHECKING:
    from spinetwin.geometry import Grid

    from ..parameters import SpineDigitalTwinParameters

DEVICE_SETTING = "SpineDigitalTwin/device"
"""Of this computer, not of the scene."""

CONTRAST_ATTRIBUTE = "SpineDigitalTwin.Contrast"
"""Of the image, where a person has said which kind it is."""

OWN_MODELS = "two-phase"
"""The backend whose networks a person gives, as a folder."""

READY = "color: #1d4a2d;"


class BackendChooser:
    """The upper rows of section Segment, filled with whatever backends there are.

    Parameters
    ----------
    ui : namespace of widgets
    parameters : callable
        Returns the parameters of the scene as it is now.
    makeWorker : callable
        As for `OffersQuery`.
    changed : callable
        Called when something else is chosen, or known.
    """

    def __init__(
        self,
        ui: SimpleNamespace,
        parameters: Callable[[], SpineDigitalTwinParameters],
        makeWorker: Callable[..., Any],
        changed: Callable[[], None],
    ) -> None:
        self._ui, self._parameters, self._changed = ui, parameters, changed
        self._query = OffersQuery(makeWorker, self._onTold)
        self._told: Offers | str = ""
        self._asked: tuple[Grid, str, str] | None = None
        self._names: list[str] = []
        self._devices: list[str] = []
        ui.tableBox.clear()
        self._tables = _tables()
        ui.tableBox.addItems([_("choose the program"), *self._tables.values(), _("own table (csv)")])
        ui.backendBox.connect("currentIndexChanged(int)", self._onBackend)
        ui.deviceBox.connect("currentIndexChanged(int)", self._onDevice)
        ui.contrastBox.connect("currentIndexChanged(int)", self._onContrast)
        ui.tableBox.connect("currentIndexChanged(int)", lambda *_: changed())
        ui.modelsFolder.filters = ctk.ctkPathLineEdit.Dirs
        ui.modelsFolder.currentPath = str(slicer.app.userSettings().value(MODELS_SETTING, "") or "")
        ui.modelsFolder.connect("currentPathChanged(QString)", self._onModels)
        for edit in (ui.mapFile, ui.secondMapFile, ui.tableFile):
            edit.filters = ctk.ctkPathLineEdit.Files
            edit.connect("currentPathChanged(QString)", lambda *_: changed())

    # --- what is known ------------------------------------------------------------------------------------------------

    def follow(self, grid: Grid | None, name: str) -> None:
        """Ask what can run for the image, on a grid and in a file of a name, where that is not known."""
        if grid is not None and (grid, name, self.contrast) != self._asked:
            self._asked, self._told = (grid, name, self.contrast), ""
            self._query.ask(*self._asked)

    def again(self) -> None:
        """Ask anew, after something was installed, or could not be."""
        asked, self._asked = self._asked, None
        if asked is not None:
            self.follow(*asked[:2])

    def retry(self) -> None:
        """Ask anew where nobody could tell the last time."""
        if isinstance(self._told, str) and self._told:
            self.again()

    @property
    def busy(self) -> bool:
        """Whether the answer is still to come."""
        return self._query.busy

    @property
    def offer(self) -> Offer | None:
        """The backend that is chosen, or that is taken by itself; None where there is none."""
        return self._told.named(self._parameters().backend) if isinstance(self._told, Offers) else None

    def _onTold(self, told: Offers | str) -> None:
        self._told = told
        self._changed()

    # --- what it takes ------------------------------------------------------------------------------------------------

    def problem(self) -> str:
        """Say in a few words what is missing before it can run; "" when nothing is."""
        if self._told == "":
            return _("Looking what can segment this image...")
        if isinstance(self._told, str):
            return _("Nothing can segment here, see above")
        offer = self.offer
        if offer is None:
            return _("No backend can run, see above")
        if not offer.reads_image:
            return self._sourcesProblem()
        if not offer.ready:
            return _("{title} cannot run yet, see above").format(title=offer.title)
        return "" if offer.fits else _("The image is too large, see above")

    def _sourcesProblem(self) -> str:
        if not self._ui.mapFile.currentPath:
            return _("Choose the label map to take over")
        if not Path(self._ui.mapFile.currentPath).is_file():
            return _("There is no such label map file")
        if self._ownTable:
            return "" if Path(self._ui.tableFile.currentPath).is_file() else _("Choose the csv file of your table")
        return "" if self._table() else _("Choose the program that made the label map")

    @property
    def _ownTable(self) -> bool:
        """Whether the labels mean what a file of the person says."""
        return self._ui.tableBox.currentIndex > len(self._tables)

    def _table(self) -> str:
        index = self._ui.tableBox.currentIndex
        return list(self._tables)[index - 1] if index > 0 else ""

    def inputs(self) -> dict[str, str]:
        """Return the files that the job needs beside the image."""
        offer = self.offer
        if offer is None or offer.reads_image:
            return {}
        paths = {"map": self._ui.mapFile.currentPath, "second_map": self._ui.secondMapFile.currentPath}
        if self._ownTable:
            paths["table_file"] = self._ui.tableFile.currentPath
        return {name: path for name, path in paths.items() if path}

    def options(self) -> dict[str, str]:
        """Return the options of the job."""
        offer, device = self.offer, self.device
        options = {"backend": self._parameters().backend}
        if offer is not None and not offer.reads_image:
            return options if self._ownTable else options | {"table": self._table()}
        chosen = {"device": device if device != AUTO else "", "contrast": self.contrast}
        return options | {name: value for name, value in chosen.items() if value}

    @property
    def contrast(self) -> str:
        """Which kind of image a person says it is; "" where nobody has said."""
        image = self._parameters().image
        said = image.GetAttribute(CONTRAST_ATTRIBUTE) if image is not None else None
        return said if said in CONTRASTS else ""

    @property
    def device(self) -> str:
        """Where it is to run, as far as the backend can."""
        wanted = str(slicer.app.userSettings().value(DEVICE_SETTING, AUTO))
        return wanted if wanted in self._devices else AUTO

    # --- what is seen -------------------------------------------------------------------------------------------------

    def refresh(self, *, running: bool) -> None:
        """Show what is chosen and known."""
        offer = self.offer
        self._fillBackends()
        self._fillDevices(offer)
        self._fillContrasts()
        self._ui.backendLabel.text = offer.described() if offer is not None else ""
        self._ui.backendLabel.setVisible(offer is not None)
        self._showAvailability(offer)
        takesOver = offer is not None and not offer.reads_image
        self._ui.sourcesFrame.setVisible(takesOver)
        for widget in (self._ui.tableFileLabel, self._ui.tableFile):
            widget.setVisible(takesOver and self._ownTable)
        for widget in (self._ui.deviceLabel, self._ui.deviceBox, self._ui.contrastLabel, self._ui.contrastBox):
            widget.setVisible(not takesOver)
        for widget in (self._ui.modelsLabel, self._ui.modelsFolder):
            widget.setVisible(offer is not None and offer.name == OWN_MODELS)
        for name in ("backendBox", "deviceBox", "contrastBox", "sourcesFrame", "modelsFolder"):
            getattr(self._ui, name).enabled = not running

    def _fillBackends(self) -> None:
        offers = self._told.backends if isinstance(self._told, Offers) else ()
        names = [AUTO, *(each.name for each in offers)]
        chosen = self._parameters().backend
        titles = {each.name: each.title for each in offers}
        automatic = self._told.named(AUTO) if isinstance(self._told, Offers) else None
        titles[AUTO] = _("Automatic: {title}").format(title=automatic.title) if automatic else _("Automatic")
        if chosen not in names:
            # a scene of another computer, or nobody knows yet: what was chosen there is kept
            names.append(chosen)
        self._names = names
        fill(self._ui.backendBox, [titles.get(each, each) for each in names], names.index(chosen))
        for row, each in enumerate(names):
            offer = self._told.named(each) if isinstance(self._told, Offers) else None
            hint = _canRun(offer) if offer is not None and offer.reads_image else ""
            self._ui.backendBox.setItemData(row, hint, qt.Qt.ToolTipRole)

    def _fillDevices(self, offer: Offer | None) -> None:
        more = offer.devices if offer is not None else ()
        self._devices = list(dict.fromkeys((AUTO, "cpu", *more)))
        texts = [_deviceText(each, self._devices) for each in self._devices]
        fill(self._ui.deviceBox, texts, self._devices.index(self.device))

    def _fillContrasts(self) -> None:
        name = self._asked[1] if self._asked is not None else ""
        told = contrast_of(Path(name)).name
        untold = _("By its name: {contrast}") if told else _("Not told, taken for {contrast}")
        index = CONTRASTS.index(self.contrast) + 1 if self.contrast else 0
        fill(self._ui.contrastBox, [untold.format(contrast=told or USUAL), *CONTRASTS], index)

    def _showAvailability(self, offer: Offer | None) -> None:
        label = self._ui.availabilityLabel
        label.text, good = self._availability(offer)
        label.styleSheet = READY if good else FAILED
        label.setVisible(bool(label.text))

    def _availability(self, offer: Offer | None) -> tuple[str, bool]:
        """Return why it can or cannot run, and whether it can."""
        if isinstance(self._told, str):
            again = _("Close this section and open it to ask again.")
            return f"{self._told} {again}" if self._told else "", False
        if offer is None:
            return self._told.why if self._parameters().backend == AUTO else _("There is no such backend here."), False
        if not offer.reads_image:
            return _("Takes a label map over that another program has made of this image."), True
        return escape(_canRun(offer)), offer.ready and offer.fits

    def _onBackend(self, index: int) -> None:
        if 0 <= index < len(self._names):
            self._parameters().backend = self._names[index]
            self._changed()

    def _onDevice(self, index: int) -> None:
        if 0 <= index < len(self._devices):
            slicer.app.userSettings().setValue(DEVICE_SETTING, self._devices[index])
            self._changed()

    def _onContrast(self, index: int) -> None:
        image = self._parameters().image
        if image is not None and 0 <= index <= len(CONTRASTS):
            image.SetAttribute(CONTRAST_ATTRIBUTE, CONTRASTS[index - 1] if index else None)
            self._changed()

    def _onModels(self, path: str) -> None:
        slicer.app.userSettings().setValue(MODELS_SETTING, path)
        self.again()
        self._changed()

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self._query.close()


def _canRun(offer: Offer) -> str:
    """Say whether a backend that looks at the image can run here, why not, and what it takes or would take."""
    reason = withoutCommands(offer.reason).rstrip(".")
    said = _("✓ Can run: {reason}.") if offer.ready and offer.fits else _("Cannot run: {reason}.")
    if not offer.fits:
        return offer.needs if offer.ready else f"{said.format(reason=reason)} {offer.needs}"
    takes = _("It takes {needs}.") if offer.ready else _("For this image it would take {needs}.")
    return " ".join([said.format(reason=reason), *([takes.format(needs=offer.needs)] if offer.needs else [])])


def _deviceText(device: str, devices: list[str]) -> str:
    """Return what people call a device; graphics cards are counted where there are several."""
    kind, _colon, number = device.partition(":")
    if kind == "cuda" and sum(each.startswith(kind) for each in devices) > 1:
        return _("Graphics card {number} (CUDA)").format(number=int(number) + 1)
    texts = {
        AUTO: _("Automatic"),
        "cpu": _("Processor (CPU)"),
        "cuda": _("Graphics card (CUDA)"),
        "mps": _("Graphics of this Mac (MPS)"),
    }
    return texts.get(kind, device)


def _tables() -> dict[str, str]:
    """Return the programs whose labels are known, by the name of their table."""
    from spinetwin.segmentation.backends import TABLES, table_of

    return {name: table_of(name).title for name in TABLES}
