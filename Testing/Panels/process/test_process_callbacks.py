"""The callbacks of the process class come one at a time, in a turn of their own of the event loop."""

import time

import numpy as np
import pytest


class TestCallbacks:
    def test_the_next_run_may_start_from_the_end_of_the_last(self, watcher, folder, spin):
        panel = watcher(interpreter="/no/such/Python")
        verdicts = []

        def again(verdict):
            verdicts.append(verdict.code)
            if len(verdicts) < 5:
                panel.worker.start("sample", {}, {}, folder)

        panel.told = again
        panel.worker.start("sample", {}, {}, folder)
        spin(lambda: len(verdicts) == 5)
        assert verdicts == ["no_program"] * 5
        assert not panel.worker.busy

    def test_none_comes_while_another_one_waits_for_a_dialog(self, strange, host):
        panel = strange("babble")
        depth, deepest, seen = [0], [0], []

        def slow(event):
            depth[0] += 1
            deepest[0] = max(deepest[0], depth[0])
            for _ in range(20):
                host.app.processEvents()
                time.sleep(0.005)
            seen.append(event)
            depth[0] -= 1

        panel.hear = slow
        assert panel.end().state == "finished"
        assert deepest[0] == 1
        assert type(seen[-1]).__name__ == "Result"

    def test_cancel_from_inside_one(self, strange, folder, content):
        panel = strange("babble")
        count = [0]

        def stop(_):
            count[0] += 1
            panel.worker.cancel()

        panel.hear = stop
        assert panel.end().state == "cancelled"
        assert count[0] == 1
        # the worker may have been quicker than the cancellation; then its result is whole
        assert content(folder) in (["old.txt"], ["old.txt", "result.txt"])

    @pytest.mark.usefixtures("on_the_host")
    def test_one_that_raises_does_not_stop_the_others(self, strange):
        from slicerhost import desktop

        panel = strange("short")

        def fail(_):
            raise ZeroDivisionError

        panel.hear = fail
        assert panel.end().state == "finished"
        assert {type(each) for each in desktop.slots_that_raised()} == {ZeroDivisionError}

    @pytest.mark.parametrize("step", ["family", "stubborn"])
    def test_none_comes_after_close(self, strange, folder, host, step, content, alive):
        panel = strange(step)
        family = [int(pid) for pid in panel.log({"family": "family", "stubborn": "refusing"}[step]).split()[1:]]
        before = time.monotonic()
        panel.worker.close()
        assert time.monotonic() - before < 1
        panel.events.clear()
        for _ in range(50):
            host.app.processEvents()
            time.sleep(0.005)
        assert (panel.events, panel.verdicts) == ([], [])
        assert not panel.worker.busy
        assert not [pid for pid in family if alive(pid)]
        assert content(folder) == ["old.txt"]

    def test_close_while_the_interpreter_is_looked_for(self, watcher, folder, host):
        panel = watcher(interpreter=None)
        panel.worker.start("sample", {}, {}, folder)
        panel.worker.close()
        panel.worker.close()
        host.app.processEvents()
        assert (panel.verdicts, panel.worker.busy) == ([], False)


def test_a_flood_of_lines_lets_the_application_draw_in_between(watcher, folder, host, tmp_path):
    import qt

    script = tmp_path / "python"
    script.write_text("#!/bin/sh\ni=0\nwhile [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done\n")
    script.chmod(0o755)
    panel = watcher(interpreter=str(script))
    drawn = []
    drawing = qt.QTimer()
    drawing.connect("timeout()", lambda: drawn.append(len(panel.events)))
    drawing.start(0)
    panel.worker.start("sample", {}, {}, folder)
    assert panel.end().code == "no_result"
    assert len(panel.events) == 1000
    # never more than a few callbacks between two drawings
    assert np.diff(drawn).max() <= 3
