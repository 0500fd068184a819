"""Which Python the computations run in."""

import os
import sys
import time
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="needs a shell")
pytestmark = pytest.mark.usefixtures("host")


class TestInterpreter:
    @pytest.fixture
    def search(self, host, spin):
        from SpineDigitalTwinLib.running.interpreter import InterpreterSearch

        def search(*programs):
            found = []
            self.kept = InterpreterSearch(found.append, lambda: found.append(None), programs=programs)
            self.kept.start()
            spin(lambda: found)
            for _ in range(20):
                host.app.processEvents()
                time.sleep(0.002)
            return found

        return search

    @pytest.fixture
    def script(self, tmp_path):
        def script(name, text):
            path = tmp_path / name / ("PythonSlicer.exe" if os.name == "nt" else "PythonSlicer")
            path.parent.mkdir()
            path.write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(0o755)
            return str(path)

        return script

    @posix
    def test_the_first_that_runs_is_taken(self, search, script):
        good, bad = script("gut äöü", "exit 0"), script("bad", "exit 1")
        assert search("/no/such/file", bad, good, sys.executable) == [good]
        assert search(sys.executable) == [sys.executable]

    @posix
    def test_it_is_asked_to_run_python(self, search, script, tmp_path):
        good = script("a", f'echo "$@" > {tmp_path}/asked')
        assert search(good) == [good]
        assert (tmp_path / "asked").read_text() == "-c import sys\n"

    @posix
    def test_none_is_said_once(self, search, script):
        assert search(script("bad", "exit 1"), "/no/such/file", script("dead", "kill -9 $$")) == [None]
        assert search() == [None]

    @posix
    def test_the_one_in_the_bin_folder_of_the_application_comes_first(self, script, tmp_path, monkeypatch):
        from SpineDigitalTwinLib.running.interpreter import candidates

        (tmp_path / "bin").symlink_to(Path(script("real", "exit 0")).parent)
        monkeypatch.setenv("SLICER_HOME", str(tmp_path))
        assert candidates()[0] == str(tmp_path / "bin" / "PythonSlicer")

    def test_the_application_itself_is_never_started(self, tmp_path, monkeypatch):
        from SpineDigitalTwinLib.running.interpreter import candidates

        monkeypatch.delenv("SLICER_HOME", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        application = tmp_path / "SlicerApp-real"
        application.touch(0o755)
        monkeypatch.setattr(sys, "executable", str(application))
        assert candidates() == []

    def test_without_any_a_run_ends_in_one_sentence(self, watcher, folder, monkeypatch):
        from SpineDigitalTwinLib.running import interpreter

        monkeypatch.setattr(interpreter, "candidates", list)
        panel = watcher(interpreter=None)
        panel.worker.start("sample", {}, {}, folder)
        assert panel.verdicts == []
        verdict = panel.end()
        assert (verdict.code, verdict.message) == ("no_interpreter", "No Python was found for the computation.")
        assert "PythonSlicer" in verdict.hint

    def test_it_is_looked_for_once_and_then_runs(self, watcher, folder, monkeypatch):
        from SpineDigitalTwinLib.running import interpreter

        asked = []
        monkeypatch.setattr(interpreter, "candidates", lambda: asked.append(1) or [sys.executable])
        panel = watcher(interpreter=None)
        for _ in range(2):
            panel.worker.start("sample", {}, {"levels": "L3", "spacing": [3, 3, 3]}, folder)
            assert panel.end().state == "finished", panel.worker.diagnostics()
        assert asked == [1]
        assert sys.executable in panel.worker.diagnostics()

    @posix
    def test_cancelling_while_it_is_looked_for(self, watcher, folder, script, monkeypatch):
        from SpineDigitalTwinLib.running import interpreter

        slow = script("slow", "exec sleep 60")
        monkeypatch.setattr(interpreter, "candidates", lambda: [slow])
        panel = watcher(interpreter=None)
        panel.worker.start("sample", {}, {}, folder)
        panel.worker.cancel()
        assert panel.end().state == "cancelled"
