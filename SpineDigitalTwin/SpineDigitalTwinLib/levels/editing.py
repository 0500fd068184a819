"""Corrections of levels in the scene: the label maps, their segmentation and the points of interest change together."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.i18n import tr as _

from ..maps import inputs, painting, segments, volumes, voxels
from ..maps.survey import Survey, surveying, surveyOf, timesOf
from ..running.draining import drain
from . import points

if TYPE_CHECKING:
    from spinetwin.geometry import Grid, LabelMaps
    from spinetwin.segmentation.chain import Chain
    from spinetwin.segmentation.flat import Block
    from spinetwin.segmentation.history import History
    from spinetwin.segmentation.levels import LevelEdit

WHOLE = (slice(None), slice(None), slice(None))

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
    seen : Survey, optional
        What the maps hold, where they have been looked at already.
    """

    def __init__(
        self,
        subregions: slicer.vtkMRMLLabelMapVolumeNode,
        vertebrae: slicer.vtkMRMLLabelMapVolumeNode,
        segmentation: slicer.vtkMRMLSegmentationNode | None = None,
        run: Callable[[Generator[float, None, None]], object] = drain,
        seen: Survey | None = None,
    ) -> None:
        from spinetwin.segmentation.chain import Chain
        from spinetwin.segmentation.history import History

        self.subregions, self.vertebrae, self.segmentation = subregions, vertebrae, segmentation
        self._run = run
        self._history = History()
        self._seen = seen or drain(surveying(subregions, vertebrae))
        self.chain = Chain.of(self.levels())
        """The numbers of vertebrae that the names follow."""
        self._past: list[tuple[Chain, Block]] = []
        self._future: list[tuple[Chain, Block]] = []

    def levels(self) -> list[int]:
        """Return the ids of the levels in the map, from the top."""
        self._look()
        return list(self._seen.levels)

    def block(self) -> Block:
        """Return the block of the grid that holds all labels: most of an image need not be looked at."""
        self._look()
        return self._seen.block

    def _look(self) -> None:
        """Look at all voxels, once as long as nobody else changes them."""
        if self.isOutdated:
            self.note(drain(surveying(self.subregions, self.vertebrae)))

    @property
    def isOutdated(self) -> bool:
        """Whether somebody else has changed voxels since they were looked at."""
        return self._seen.times != timesOf(self.subregions, self.vertebrae)

    def note(self, seen: Survey) -> None:
        """Keep what the voxels were found to be."""
        self._seen = seen

    def grid(self) -> Grid:
        """Return where the voxels of the maps lie."""
        return voxels.gridOf(self.vertebrae)

    def maps(self) -> LabelMaps:
        """Return the label maps as they are now."""
        return inputs.labelMaps(self.subregions, self.vertebrae)

    def _held(self, block: Block | None = None) -> LabelMaps:
        """Return a block of them, by default the one that holds all labels."""
        from spinetwin.segmentation.flat import cropped

        return cropped(self.maps(), self.block() if block is None else block)

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
        before = self._held()
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

        before = self._held()
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

        block = painting.reach(self.segmentation, self.grid(), self.block())
        before = self._held(block)
        painted = painting.mapsOf(self.segmentation, before)
        edit = repaint(before, painted.maps)
        painting.mark(self.segmentation, False)
        if not (np.array_equal(edit.maps.subregions, before.subregions) and not edit.repainted):
            names = ", ".join(level(each).name for each in edit.repainted) or _("the canal")
            self._do(_("corrections of {names}").format(names=names), before, edit, block=block, isShown=True)
        return painted.leftOut

    def _relabel(self, name: str, mapping: dict[int, int], chain: Chain | None = None) -> None:
        from spinetwin.segmentation.levels import rename_levels

        before = self._held()
        edit = rename_levels(before, mapping)
        if edit.renamed:
            self._do(name, before, edit, chain)
        self.chain = chain or self.chain

    def _do(
        self,
        name: str,
        before: LabelMaps,
        edit: LevelEdit,
        chain: Chain | None = None,
        block: Block | None = None,
        *,
        isShown: bool = False,
    ) -> None:
        self._refuseLoss(edit)
        block = block or self.block()
        self._past, self._future = [*self._past, (self.chain, block)], []
        self.chain = chain or self.chain
        self._run(self._doing(name, before, edit, block, isShown))

    def _refuseLoss(self, edit: LevelEdit) -> None:
        from spinetwin.errors import ParameterError

        if (edit.lost or edit.repainted) and painting.isCorrected(self.segmentation):
            raise ParameterError(
                _("The segments have corrections that the label maps do not have, and that would be lost."),
                _("Take them over first, in section Label maps."),
            )

    def _doing(
        self, name: str, before: LabelMaps, edit: LevelEdit, block: Block, isShown: bool
    ) -> Generator[float, None, None]:
        yield 0.0
        # the maps of the scene are still those before
        self._history = self._history.add(name, before, edit)
        yield 0.0
        yield from self._showing(replace(edit, number=self._history.count), block, isShown)

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
            self._step(self._history.undo, self._past, self._future)

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._history.undone:
            self._step(self._history.redo, self._future, self._past)

    def _step(
        self,
        step: Callable[[LabelMaps], tuple[History, LevelEdit]],
        source: list[tuple[Chain, Block]],
        target: list[tuple[Chain, Block]],
    ) -> None:
        chain, block = source[-1]
        history, edit = step(self._held(block))
        self._refuseLoss(edit)
        self._history = history
        source.pop()
        target.append((self.chain, block))
        self.chain = chain
        self._run(self._showing(edit, block))

    # --- the scene ----------------------------------------------------------------------------------------------------

    def _showing(self, edit: LevelEdit, block: Block, isShown: bool = False) -> Generator[float, None, None]:
        volumes.updateVertebrae(self.vertebrae, edit.maps.vertebrae, block)
        if edit.lost or edit.repainted:
            volumes.update(self.subregions, edit.maps.subregions, block)
        if all(own.start <= other.start and other.stop <= own.stop for own, other in zip(block, self._seen.block, strict=True)):
            self.note(surveyOf(timesOf(self.subregions, self.vertebrae), edit.maps.vertebrae, block))
        points.follow(edit)
        yield 0.0
        node = self.segmentation
        if node is None or node.GetScene() is None or isShown:
            return
        if edit.lost or edit.repainted:
            kept = segments.surfacesOf(node, edit.renamed, (*edit.lost, *edit.repainted))
            yield from segments.showing(edit.maps, node.GetName(), node, kept, self.grid())
        else:
            segments.rename(node, edit.renamed)


def cuttingPlane() -> tuple[np.ndarray, np.ndarray] | None:
    """Return a point (3,) on the plane of the red slice view and its normal (3,), RAS mm; None where there is no such view."""
    node = slicer.mrmlScene.GetSingletonNode(CUTTING_SLICE, "vtkMRMLSliceNode")
    if node is None:
        return None
    matrix = slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS())
    return matrix[:3, 3], matrix[:3, 2]


def jumpTo(vertebrae: slicer.vtkMRMLLabelMapVolumeNode, label: int, block: Block = WHOLE) -> np.ndarray | None:
    """Centre all slice views on a vertebra; returns its centre (3,), RAS mm, or None where a block of the map has none."""
    # in Slicer's own order, in which the voxels lie in memory
    there = slicer.util.arrayFromVolume(vertebrae)[block[::-1]] == label
    found = np.flatnonzero(there.reshape(-1))
    if not len(found):
        return None
    kji = [each.mean() for each in np.unravel_index(found, there.shape)]
    centre = voxels.gridOf(vertebrae).to_ras(
        [middle + (each.start or 0) for middle, each in zip(kji[::-1], block, strict=True)]
    )
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *centre, slicer.vtkMRMLSliceNode.CenteredJumpSlice)
    return centre
