"""Loading and saving of nodes and scenes behind `slicer.util`, with Slicer's own storage nodes."""

from __future__ import annotations

from pathlib import Path

STORAGES = {
    "SegmentationFile": ("vtkMRMLSegmentationStorageNode", "vtkMRMLSegmentationNode"),
    "ModelFile": ("vtkMRMLModelStorageNode", "vtkMRMLModelNode"),
    "TransformFile": ("vtkMRMLTransformStorageNode", "vtkMRMLTransformNode"),
    "TableFile": ("vtkMRMLTableStorageNode", "vtkMRMLTableNode"),
    "TextFile": ("vtkMRMLTextStorageNode", "vtkMRMLTextNode"),
    "ColorTableFile": ("vtkMRMLColorTableStorageNode", "vtkMRMLColorTableNode"),
}
"""Storage class and node class of each kind of file that no logic loads."""


class CoreIOManager:
    """`slicer.app.coreIOManager()`."""

    def __init__(self, slicer):
        self._slicer = slicer

    def loadNodes(self, kind, properties, loaded, _messages=None):
        """Load a file; the new nodes go into the collection `loaded`."""
        path = str(properties["fileName"])
        if kind == "SceneFile":
            return self._load_scene(path, properties.get("clear", True))
        if not Path(path).is_file():
            return False
        name = properties.get("name") or Path(path).name.split(".")[0]
        nodes = [node for node in self._load(kind, path, name, properties) if node is not None]
        for node in nodes:
            loaded.AddItem(node)
        return bool(nodes)

    def _load(self, kind, path, name, properties):
        slicer = self._slicer
        if kind == "VolumeFile":
            options = 1 if properties.get("labelmap") else 0
            return [slicer.modules.volumes.logic().AddArchetypeVolume(path, name, options)]
        if kind == "MarkupsFile":
            # Slicer names the node of `x.mkr.json` by the name without its last suffix only
            name = Path(path).name.removesuffix(".mrk.json").removesuffix(".json")
            ids = slicer.modules.markups.logic().LoadMarkups(path, name, None) or ""
            return [slicer.mrmlScene.GetNodeByID(each) for each in ids.split(",") if each]
        return [self._load_by_storage(kind, path, name)]

    def _load_by_storage(self, kind, path, name):
        scene, (storage_class, node_class) = self._slicer.mrmlScene, STORAGES[kind]
        node, storage = scene.AddNewNodeByClass(node_class, name), scene.AddNewNodeByClass(storage_class)
        storage.SetFileName(path)
        if not storage.ReadData(node):
            scene.RemoveNode(storage)
            scene.RemoveNode(node)
            return None
        node.SetAndObserveStorageNodeID(storage.GetID())
        if hasattr(node, "CreateDefaultDisplayNodes"):
            node.CreateDefaultDisplayNodes()
        return node

    def _load_scene(self, path, clear):
        scene = self._slicer.mrmlScene
        if path.endswith(".mrb"):
            return bool(scene.ReadFromMRB(path, clear))
        scene.SetURL(path)
        return bool(scene.Connect() if clear else scene.Import())

    def saveNodes(self, kind, properties, _messages=None):
        """Save a node, or the scene."""
        scene, path = self._slicer.mrmlScene, str(properties["fileName"])
        if kind == "SceneFile":
            return bool(scene.WriteToMRB(path, None) if path.endswith(".mrb") else scene.Commit(path))
        node = scene.GetNodeByID(properties["nodeID"])
        if node.GetStorageNode() is None:
            node.AddDefaultStorageNode(path)
        storage = node.GetStorageNode()
        storage.SetFileName(path)
        if "useCompression" in properties:
            storage.SetUseCompression(int(properties["useCompression"]))
        return bool(storage.WriteData(node))

    def fileWriterFileType(self, node):
        """Return the kind of file of a node; only that it is no scene matters here."""
        return node.GetClassName()
