"""Corrections of levels in the scene: the label maps, their segmentation and the points of interest change together."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.i18n import tr as _

from . import inputs, mapvoxels, painting, points, segments, volumes
from .draining import drain

if TYPE_CHECKING:
    from spinetwin.geometry import LabelMaps
    from spinetwin.segmentation.chain import Chain
    from spinetwin.segmentation.levels import LevelEdit

CUTTING_SLICE = "Red"
"""The slice view along whose plane a vertebra is cut."""


class LevelEditor:
    """Corrects the levels of one pair of label maps; every correction can be taken back.

    Parameters
    ----------
    subregions, vertebrae : vtkMRMLLabelMapVolumeNode
    segmentation : vtkMRMLSegmentationNode, optional
        That shows them.
    run : callable
        Takes the steps in which a correction reaches the scene, once it has turned out to be possible; by default they are
        done at once.
    """

    def __init__(
        self,
        subregions: slicer.vtkMRMLLabelMapVolumeNode,
        vertebrae: slicer.vtkMRMLLabelMapVolumeNode,
        segmentation: slicer.vtkMRMLSegmentationNode | None = None,
        run: Callable[[Generator[float, None, None]], object] = drain,
    ) -> None:
        from spinetwin.segmentation.chain import Chain
        from spinetwin.segmentation.history import History

        self.subregions, self.vertebrae, self.segmentation = subregions, vertebrae, segmentation
        self._run = run
        self._history = History()
        self._counted: tuple[int, list[int]] = (-1, [])
        self.chain = Chain.of(self.levels())
        """The numbers of vertebrae that the names follow."""
        self._chains: tuple[list[Chain], list[Chain]] = ([], [])

    def levels(self) -> list[int]:
        """Return the ids of the levels in the map, from the top; counted once as long as its voxels stay."""
        from spinetwin.segmentation.levels import levels_of

        changed = mapvoxels.contentTime(self.vertebrae)
        if changed != self._counted[0]:
            self._counted = changed, [each.id for each in levels_of(mapvoxels.labelsOf(self.vertebrae))]
        return self._counted[1]

    def maps(self) -> LabelMaps:
        """Return the label maps as they are now."""
        return inputs.labelMaps(self.subregions, self.vertebrae)

    # --- corrections --------------------------------------------------------------------------------------------------

    def rename(self, old: int, new: int) -> None:
        """Give a vertebra another name, and all others with it.

        Raises
        ------
        ParameterError
            As every correction: one sentence that says why it is not possible. Nothing has changed then.
        """
        from spinetwin.anatomy import level
        from spinetwin.segmentation.chain import renamed

        name = _("rename {old} to {new}").format(old=level(old).name, new=level(new).name)
        self._relabel(name, renamed(self.levels(), old, new, self.chain))

    def shift(self, steps: int) -> None:
        """Move all names down by some levels, up for negative numbers."""
        from spinetwin.segmentation.chain import shifted

        name = _("all names one down") if steps > 0 else _("all names one up")
        self._relabel(name, shifted(self.levels(), steps, self.chain))

    def recount(self, new: Chain, *, fromSacrum: bool) -> None:
        """Give the vertebrae the names of a person with other numbers of thoracic and lumbar vertebrae."""
        from spinetwin.segmentation.chain import recounted

        name = _("{thoracic} thoracic, {lumbar} lumbar").format(thoracic=new.thoracic, lumbar=new.lumbar)
        self._relabel(name, recounted(self.levels(), self.chain, new, from_sacrum=fromSacrum), new)

    def merge(self, upper: int) -> None:
        """Join a vertebra and the next one below, which are pieces of one."""
        from spinetwin.anatomy import level
        from spinetwin.errors import ParameterError
        from spinetwin.segmentation.levels import merge_levels

        present = self.levels()
        below = present[present.index(upper) + 1 :] if upper in present else []
        if not below:
            raise ParameterError(
                f"There is nothing below {level(upper).name}.", "Choose a vertebra that has a neighbour below."
            )
        before = self.maps()
        name = _("merge {upper} and {lower}").format(upper=level(upper).name, lower=level(below[0]).name)
        self._do(name, before, merge_levels(before, upper, below[0], self.chain))

    def split(self, label: int, plane: tuple[np.ndarray, np.ndarray]) -> None:
        """Cut a label that holds two vertebrae.

        Parameters
        ----------
        label : int
        plane : (point, normal)
            (3,) arrays, RAS mm; see `cuttingPlane`.
        """
        from spinetwin.anatomy import level
        from spinetwin.segmentation.levels import split_level

        before = self.maps()
        self._do(_("split {name}").format(name=level(label).name), before, split_level(before, label, *plane, self.chain))

    def takeOver(self) -> tuple[str, ...]:
        """Write what was painted on the segments into the maps.

        Returns
        -------
        tuple of str
            Names of segments that stand for no part of a vertebra, and were left out.

        Raises
        ------
        MapError
            As `painting.mapsOf`.
        """
        from spinetwin.anatomy import level
        from spinetwin.segmentation.levels import repaint

        before = self.maps()
        painted = painting.mapsOf(self.segmentation, before)
        edit = repaint(before, painted.maps)
        painting.mark(self.segmentation, False)
        if not (np.array_equal(edit.maps.subregions, before.subregions) and not edit.repainted):
            names = ", ".join(level(each).name for each in edit.repainted) or _("the canal")
            self._do(_("corrections of {names}").format(names=names), before, edit, isShown=True)
        return painted.leftOut

    def _relabel(self, name: str, mapping: dict[int, int], chain: Chain | None = None) -> None:
        from spinetwin.segmentation.levels import rename_levels

        before = self.maps()
        edit = rename_levels(before, mapping)
        if edit.renamed:
            self._do(name, before, edit, chain)
        self.chain = chain or self.chain

    def _do(self, name: str, before: LabelMaps, edit: LevelEdit, chain: Chain | None = None, *, isShown: bool = False) -> None:
        self._refuseLoss(edit)
        self._chains = ([*self._chains[0], self.chain], [])
        self.chain = chain or self.chain
        self._run(self._doing(name, before, edit, isShown))

    def _refuseLoss(self, edit: LevelEdit) -> None:
        from spinetwin.errors import ParameterError

        if (edit.lost or edit.repainted) and painting.isCorrected(self.segmentation):
            raise ParameterError(
                _("The segments have corrections that the label maps do not have, and that would be lost."),
                _("Take them over first, in section Label maps."),
            )

    def _doing(self, name: str, before: LabelMaps, edit: LevelEdit, isShown: bool) -> Generator[float, None, None]:
        yield 0.0
        # the maps of the scene are still those before
        self._history = self._history.add(name, before, edit)
        yield from self._showing(replace(edit, number=self._history.count), isShown)

    # --- undo ---------------------------------------------------------------------------------------------------------

    @property
    def undoName(self) -> str:
        """What would be taken back; "" where there is nothing."""
        return self._history.done[-1].name if self._history.done else ""

    @property
    def redoName(self) -> str:
        """What would be done again; "" where there is nothing."""
        return self._history.undone[-1].name if self._history.undone else ""

    def undo(self) -> None:
        """Take the latest correction back."""
        if self._history.done:
            history, edit = self._history.undo(self.maps())
            self._refuseLoss(edit)
            self._history = history
            self._swapChain(*self._chains)
            self._run(self._showing(edit))

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._history.undone:
            history, edit = self._history.redo(self.maps())
            self._refuseLoss(edit)
            self._history = history
            self._swapChain(*reversed(self._chains))
            self._run(self._showing(edit))

    def _swapChain(self, source: list[Chain], target: list[Chain]) -> None:
        target.append(self.chain)
        self.chain = source.pop()

    # --- the scene ----------------------------------------------------------------------------------------------------

    def _showing(self, edit: LevelEdit, isShown: bool = False) -> Generator[float, None, None]:
        volumes.updateVertebrae(self.vertebrae, edit.maps.vertebrae)
        if edit.lost or edit.repainted:
            volumes.update(self.subregions, edit.maps.subregions)
        points.follow(edit)
        yield 0.0
        node = self.segmentation
        if node is None or node.GetScene() is None or isShown:
            return
        if edit.lost or edit.repainted:
            kept = segments.surfacesOf(node, edit.renamed, (*edit.lost, *edit.repainted))
            yield from segments.showing(edit.maps, node.GetName(), node, kept)
        else:
            segments.rename(node, edit.renamed)


def cuttingPlane() -> tuple[np.ndarray, np.ndarray] | None:
    """Return a point (3,) on the plane of the red slice view and its normal (3,), RAS mm; None where there is no such view."""
    node = slicer.mrmlScene.GetSingletonNode(CUTTING_SLICE, "vtkMRMLSliceNode")
    if node is None:
        return None
    matrix = slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS())
    return matrix[:3, 3], matrix[:3, 2]


def jumpTo(vertebrae: slicer.vtkMRMLLabelMapVolumeNode, label: int) -> np.ndarray | None:
    """Centre all slice views on a vertebra; returns its centre (3,), RAS mm, or None where the map does not have it."""
    array = slicer.util.arrayFromVolume(vertebrae)
    found = np.flatnonzero(array.reshape(-1) == label)
    if not len(found):
        return None
    kji = [axis.mean() for axis in np.unravel_index(found, array.shape)]
    centre = mapvoxels.gridOf(vertebrae).to_ras(kji[::-1])
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *centre, slicer.vtkMRMLSliceNode.CenteredJumpSlice)
    return centre
