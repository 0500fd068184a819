"""The nodes of the measurements and of the loads: found again by their roles, each kind in one folder, saved with the scene."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import slicer

FOLDER = "Measurements"
ROLE = "SpineDigitalTwin.measurement"
"""Attribute of a node that says what it is for."""


def find(nodeClass: str, role: str) -> slicer.vtkMRMLNode | None:
    """Return the node of a role; None where there is none."""
    return next((node for node in slicer.util.getNodesByClass(nodeClass) if node.GetAttribute(ROLE) == role), None)


def ensure(nodeClass: str, role: str, name: str, folder: str = FOLDER) -> slicer.vtkMRMLNode:
    """Return the node of a role, a new one in our folder where there is none."""
    node = find(nodeClass, role)
    if node is None:
        node = slicer.mrmlScene.CreateNodeByClass(nodeClass)
        node.UnRegister(None)
        node.SetName(name)
        node.SetAttribute(ROLE, role)
        slicer.mrmlScene.AddNode(node)
        _file(node, folder)
    elif node.GetName() != name:
        node.SetName(name)
    return node


def remove(nodeClass: str, roles: Iterable[str], folder: str = FOLDER) -> None:
    """Take the nodes of some roles out of the scene, with their displays, and the folder when it is empty."""
    for role in roles:
        node = find(nodeClass, role)
        if node is None:
            continue
        item = _hierarchy().GetItemByDataNode(node)
        if item:
            _hierarchy().RemoveItem(item, False, False)
        displays = node.GetNumberOfDisplayNodes() if node.IsA("vtkMRMLDisplayableNode") else 0
        storage = node.GetStorageNode() if node.IsA("vtkMRMLStorableNode") else None
        for each in (*[node.GetNthDisplayNode(row) for row in range(displays)], storage, node):
            if each is not None:
                slicer.mrmlScene.RemoveNode(each)
    itemOfFolder = _folder(folder)
    if itemOfFolder and not _hierarchy().GetNumberOfItemChildren(itemOfFolder):
        _hierarchy().RemoveItem(itemOfFolder)


def _file(node: slicer.vtkMRMLNode, folder: str) -> None:
    hierarchy = _hierarchy()
    itemOfFolder = _folder(folder) or hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), folder)
    item = hierarchy.GetItemByDataNode(node)
    if item:
        hierarchy.SetItemParent(item, itemOfFolder)
    else:
        hierarchy.CreateItem(itemOfFolder, node)


def _folder(name: str) -> int:
    return _hierarchy().GetItemChildWithName(_hierarchy().GetSceneItemID(), name)


def _hierarchy() -> slicer.vtkMRMLSubjectHierarchyNode:
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)


def fillTable(node: slicer.vtkMRMLTableNode, columns: Mapping[str, Iterable[object]]) -> None:
    """Give a table other columns: texts where the first value is a text, else numbers.

    Parameters
    ----------
    node : vtkMRMLTableNode
    columns : mapping of title to values
        All of one length.
    """
    import vtk

    data = vtk.vtkTable()
    for title, values in columns.items():
        kept = list(values)
        texts = not kept or isinstance(kept[0], str)
        column = vtk.vtkStringArray() if texts else vtk.vtkDoubleArray()
        column.SetName(title)
        column.SetNumberOfValues(len(kept))
        for row, value in enumerate(kept):
            column.SetValue(row, value if texts else float(value))
        data.AddColumn(column)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetAndObserveTable(data)


def showTable(node: slicer.vtkMRMLTableNode) -> None:
    """Bring a table into a view, in a layout that has one."""
    layout = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    if layout is not None:
        layout.SetViewArrangement(slicer.modules.tables.logic().GetLayoutWithTable(layout.GetViewArrangement()))
    application = slicer.app.applicationLogic()
    application.GetSelectionNode().SetActiveTableID(node.GetID())
    application.PropagateTableSelection()
