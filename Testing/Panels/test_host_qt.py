"""The host behaves as PythonQt does in the running application: each fact here was measured there."""

import sys

import pytest


@pytest.fixture
def qt(host):
    import qt

    return qt


@pytest.fixture
def ctk(host):
    import ctk

    return ctk


@pytest.fixture
def combo(qt):
    box = qt.QComboBox()
    for text, data in (("a", 10), ("b", 20), ("c", 30)):
        box.addItem(text, data)
    return box


def spin(host, milliseconds=2000, until=lambda: False):
    import time

    end = time.monotonic() + milliseconds / 1000
    while time.monotonic() < end and not until():
        host.app.processEvents()


class TestProperties:
    def test_are_attributes(self, qt, combo):
        button, number, line = qt.QPushButton("Go"), qt.QSpinBox(), qt.QLineEdit()
        button.enabled = False
        number.value = 3
        line.text = "L3"
        combo.currentIndex = 1
        assert (button.text, button.enabled, number.value, line.text) == ("Go", False, 3, "L3")
        assert (combo.currentIndex, combo.currentText, combo.currentData, combo.count) == (1, "b", 20, 3)
        assert qt.QTableWidget(4, 2).rowCount == 4
        assert qt.QTimer().active is False
        button.setEnabled(True)
        assert button.isEnabled()

    @pytest.mark.parametrize("name", ["currentData", "currentIndex", "currentText", "count"])
    def test_calling_one_is_a_type_error(self, combo, name):
        with pytest.raises(TypeError):
            getattr(combo, name)()

    def test_objectName_is_also_called_name(self, qt):
        button = qt.QPushButton()
        button.objectName = "apply"
        assert button.name == "apply"
        button.name = "cancel"
        assert button.objectName == "cancel"

    def test_every_property_has_a_setter(self, ctk):
        slider = ctk.ctkSliderWidget()
        slider.setMaximum(7.5)
        assert slider.maximum == 7.5

    def test_what_is_no_property_is_called(self, qt, combo):
        table = qt.QTableWidget(2, 1)
        table.setItem(0, 0, qt.QTableWidgetItem("L3"))
        assert combo.itemData(1) == 20
        assert combo.findText("b") == 1
        assert table.currentRow() == -1
        assert table.item(0, 0).text() == "L3"
        assert qt.QTimer().isActive() is False
        colour = qt.QColor(255, 171, 0)
        assert (colour.name(), colour.red()) == ("#ffab00", 255)

    def test_a_new_attribute_is_refused(self, qt):
        with pytest.raises(AttributeError, match="not allowed"):
            qt.QPushButton().colour = "red"
        with pytest.raises(AttributeError):
            qt.QPushButton().colour  # noqa: B018

    def test_a_destroyed_object_is_a_value_error(self, qt):
        parent = qt.QWidget()
        button = qt.QPushButton("x", parent)
        parent.delete()
        with pytest.raises(ValueError, match="destroyed"):
            button.text  # noqa: B018


class TestValues:
    def test_lists_come_back_as_tuples(self, qt, host):
        widget = qt.QWidget()
        qt.QPushButton(widget)
        assert isinstance(widget.findChildren(qt.QPushButton), tuple)
        assert isinstance(qt.QTableWidget(1, 1).selectedItems(), tuple)
        selector = host.qMRMLNodeComboBox()
        selector.nodeTypes = ["vtkMRMLModelNode"]
        assert selector.nodeTypes == ("vtkMRMLModelNode",)

    def test_settings_keep_their_type(self, qt):
        settings = qt.QSettings()
        settings.setValue("a", ["x", "y"])
        assert settings.value("a") == ("x", "y")
        assert settings.value("nothing", 5) == 5

    def test_enums_are_ints(self, qt):
        assert (int(qt.Qt.AlignLeft), qt.QProcess.NotRunning, qt.QProcess.CrashExit, qt.QProcess.FailedToStart) == (1, 0, 1, 0)
        both = qt.Qt.AlignLeft | qt.Qt.AlignTop
        label = qt.QLabel("x")
        label.alignment = both
        assert label.alignment == both == 0x21

    def test_wrapped_classes_are_unrelated(self, qt):
        button = qt.QPushButton()
        assert isinstance(button, qt.QPushButton)
        assert not isinstance(button, qt.QWidget)
        assert button.className() == "QPushButton"

    def test_children_are_found_by_class_and_by_name(self, qt, host):
        widget = qt.QWidget()
        button = qt.QPushButton("x", widget)
        button.objectName = "go"
        assert widget.findChild(qt.QPushButton) == button
        assert widget.findChildren(qt.QPushButton) == widget.findChildren("QPushButton") == (button,)
        assert host.util.findChild(widget, "go") == button

    def test_exec_has_no_underscore(self, qt):
        assert hasattr(qt.QDialog(), "exec")
        assert not hasattr(qt.QDialog(), "exec_")

    def test_a_signal_blocker_blocks(self, qt):
        box, heard = qt.QSpinBox(), []
        box.connect("valueChanged(int)", heard.append)
        blocker = qt.QSignalBlocker(box)
        box.value = 3
        del blocker
        box.value = 4
        assert heard == [4]

    def test_a_picture_is_taken_without_a_screen(self, qt):
        image = qt.QPushButton("Go").grab().toImage()
        assert image.width() > 10


class TestSignals:
    def test_by_signature(self, qt):
        button, heard = qt.QPushButton(), []
        assert button.connect("clicked()", lambda: heard.append("nothing")) is True
        assert button.connect("clicked(bool)", lambda checked: heard.append(checked)) is True
        assert button.connect("clicked(bool)", lambda: heard.append("also nothing")) is True
        button.click()
        assert heard == ["nothing", False, "also nothing"]
        assert button.disconnect("clicked()") is True
        button.click()
        assert heard[3:] == [False, "also nothing"]

    def test_by_attribute(self, qt):
        button, heard = qt.QPushButton(), []
        button.clicked.connect(heard.append)
        button.click()
        assert heard == [False]

    def test_an_unknown_signal_is_false(self, qt, caplog):
        assert qt.QPushButton().connect("pressedHard()", print) is False
        assert "no such signal" in caplog.text

    @pytest.mark.parametrize(
        ("kind", "signature"),
        [
            ("QDoubleSpinBox", "valueChanged(double)"),
            ("QComboBox", "currentIndexChanged(int)"),
            ("QComboBox", "currentTextChanged(QString)"),
            ("QLineEdit", "textChanged(QString)"),
            ("QCheckBox", "toggled(bool)"),
            ("QCheckBox", "stateChanged(int)"),
            ("QTableWidget", "cellClicked(int,int)"),
            ("QTableWidget", "itemSelectionChanged()"),
            ("QTimer", "timeout()"),
            ("QProcess", "readyReadStandardOutput()"),
            ("QProcess", "finished(int,QProcess::ExitStatus)"),
            ("QProcess", "errorOccurred(QProcess::ProcessError)"),
            ("QProcess", "started()"),
            ("QProcess", "stateChanged(QProcess::ProcessState)"),
        ],
    )
    def test_signatures(self, qt, kind, signature):
        assert getattr(qt, kind)().connect(signature, lambda *_: None) is True

    def test_a_shortcut(self, qt):
        widget = qt.QWidget()
        shortcut = qt.QShortcut(qt.QKeySequence("Ctrl+Z"), widget)
        assert shortcut.connect("activated()", lambda: None) is True

    def test_a_single_shot(self, qt, host):
        heard = []
        qt.QTimer.singleShot(10, lambda: heard.append(1))
        spin(host, until=lambda: heard)
        assert heard == [1]

    def test_an_event_filter_in_python(self, qt):
        class Filter(qt.QObject):
            def __init__(self):
                super().__init__()
                self.seen = []

            def eventFilter(self, _watched, event):
                if event.type() == qt.QEvent.EnabledChange:
                    self.seen.append(event.type())
                return False

        button, watcher = qt.QPushButton(), Filter()
        button.installEventFilter(watcher)
        button.enabled = False
        assert watcher.seen == [qt.QEvent.EnabledChange]

    def test_what_a_slot_raises_is_kept(self, qt):
        from slicerhost import desktop

        def fail():
            raise ZeroDivisionError

        button = qt.QPushButton()
        button.connect("clicked()", fail)
        button.click()
        assert [type(each) for each in desktop.slots_that_raised()] == [ZeroDivisionError]


class TestProcess:
    @pytest.fixture
    def watched(self, qt):
        process, heard = qt.QProcess(), []
        process.connect("stateChanged(QProcess::ProcessState)", lambda state: heard.append(("state", state)))
        process.connect("started()", lambda: heard.append("started"))
        process.connect("readyReadStandardOutput()", lambda: heard.append(process.readAllStandardOutput().data()))
        process.connect("finished(int,QProcess::ExitStatus)", lambda code, how: heard.append(("finished", code, how)))
        process.connect("errorOccurred(QProcess::ProcessError)", lambda error: heard.append(("error", error)))
        return process, heard

    def test_a_run_ends_with_state_zero_and_then_finished(self, watched, host):
        process, heard = watched
        process.start(sys.executable, ["-c", "print('hello'); raise SystemExit(3)"])
        spin(host, 20000, lambda: ("finished", 3, 0) in heard)
        assert heard[:3] == [("state", 1), ("state", 2), "started"]
        assert heard[-2:] == [("state", 0), ("finished", 3, 0)]
        assert b"".join(each for each in heard if isinstance(each, bytes)).strip() == b"hello"
        assert (process.exitCode(), process.state(), process.processId()) == (3, 0, 0)

    def test_a_program_that_does_not_exist_never_finishes(self, watched, host):
        process, heard = watched
        process.start("/no/such/program", [])
        spin(host, 500)
        assert ("error", 0) in heard
        assert not [each for each in heard if each[0] == "finished"]

    def test_the_environment(self, qt, watched, host):
        process, heard = watched
        environment = qt.QProcessEnvironment.systemEnvironment()
        environment.insert("SPINE", "L3")
        assert environment.contains("SPINE")
        process.setProcessEnvironment(environment)
        process.start(sys.executable, ["-c", "import os; print(os.environ['SPINE'])"])
        spin(host, 20000, lambda: heard and heard[-1][0] == "finished")
        assert any(each.strip() == b"L3" for each in heard if isinstance(each, bytes))


class TestSlicersWidgets:
    def test_a_node_selector(self, host):
        selector, heard = host.qMRMLNodeComboBox(), []
        selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
        assert selector.connect("currentNodeChanged(vtkMRMLNode*)", heard.append) is True
        selector.setMRMLScene(host.mrmlScene)
        assert (selector.currentNode(), selector.currentNodeID) == (None, "")
        node = host.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "image")
        assert selector.currentNode() is None
        selector.setCurrentNode(node)
        selector.setCurrentNode(node)
        assert heard == [node]
        host.mrmlScene.RemoveNode(node)
        assert selector.currentNode() is None
        assert heard == [node, None]

    def test_without_none_the_first_node_is_chosen(self, host):
        node = host.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "image")
        selector = host.qMRMLNodeComboBox()
        selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
        selector.setMRMLScene(host.mrmlScene)
        assert selector.currentNode() is node

    def test_widgets_of_ctk(self, ctk):
        section = ctk.ctkCollapsibleButton()
        section.text, section.collapsed = "1 Data", True
        assert (section.text, section.collapsed) == ("1 Data", True)
        path, heard = ctk.ctkPathLineEdit(), []
        path.connect("currentPathChanged(QString)", heard.append)
        path.filters = ctk.ctkPathLineEdit.Files
        path.currentPath = "/tmp/spine.nii.gz"  # noqa: S108
        assert heard == [path.currentPath]
        slider = ctk.ctkSliderWidget()
        slider.minimum, slider.maximum, slider.singleStep, slider.value = 0.0, 5.0, 0.5, 2.5
        assert (slider.value, slider.maximum) == (2.5, 5.0)
        choice = ctk.ctkCheckableComboBox()
        choice.addItems(["a", "b"])
        assert choice.checkedIndexes() == ()

    def test_a_ui_file_with_a_wrong_property_is_refused(self, host, tmp_path):
        from slicerhost import desktop

        path = tmp_path / "wrong.ui"
        widget = '<widget class="QLabel" name="a"><property name="txet"><string>x</string></property></widget>'
        path.write_text(f'<ui version="4.0"><class>a</class>{widget}</ui>', encoding="utf-8")
        with pytest.raises(ValueError, match="txet"):
            host.util.loadUI(str(path))
        desktop.slots_that_raised()

    def test_a_ui_file_that_is_not_there(self, host):
        with pytest.raises(RuntimeError, match="file not found"):
            host.util.loadUI("/no/such.ui")
