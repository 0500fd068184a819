"""What the panel tests of radiographs press and look at."""

from xray.made_people import PIXEL_MM

from slicerhost.waiting import settle

VIEWS = ("frontal", "lateral")


def load(twin, host, paths):
    for view, path in zip(VIEWS, paths, strict=True):
        twin.panel.radiographs.form.load(view, path)
    settle(host, until=lambda: not twin.panel.radiographs.form.busy)


def type_geometry(twin, host, pixel=PIXEL_MM):
    twin.ui.presetBox.setCurrentIndex(1)
    twin.panel.radiographs.form._onPreset(1)
    twin.ui.pixelBox.value = pixel
    settle(host)


def run(twin, host, button="xrayButton"):
    getattr(twin.ui, button).click()
    panel = twin.panel.radiographs
    settle(host, until=lambda: not panel.busy)
    settle(host, until=lambda: not panel.view.busy)


def rows(table):
    return [[table.item(row, column).text() for column in range(table.columnCount)] for row in range(table.rowCount)]


def node(host, role, kind="vtkMRMLModelNode"):
    from SpineDigitalTwinLib import rolenodes

    return rolenodes.find(kind, role)


def points_of(model):
    from vtkmodules.util.numpy_support import vtk_to_numpy

    return vtk_to_numpy(model.GetPolyData().GetPoints().GetData()).astype(float)
