"""Programs in other environments: clean variables, every line heard, and nothing left of them."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from spinetwin.errors import ProgramError
from spinetwin.jobs.environments import HangError, Program, bar_of, clean_variables, lend_package, run_program
from spinetwin.jobs.environments.variables import UNWANTED

HERE = Path(__file__).parent
PACKAGE = Path(sys.modules["spinetwin"].__file__).parent.parent
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and process groups as POSIX has them")


def strange(*arguments):
    return Program(Path(sys.executable), "strange_child", arguments, {"PYTHONPATH": str(HERE)})


def heard_of(*arguments):
    lines = []
    run_program(strange(*arguments), lines.append)
    return lines


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def soon(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@POSIX
def test_a_program_that_hangs_is_ended():
    said = []
    with pytest.raises(HangError, match=r"silent for 1 seconds and has been ended"):
        run_program(strange("stop"), said.append, patience_s=1.0)
    assert soon(lambda: not alive(int(said[0])))


def test_a_program_that_works_in_silence_is_no_hang_and_its_heartbeat_is_not_heard():
    lines = []
    assert run_program(strange("think"), lines.append, patience_s=1.0) == ("thought",)
    assert lines == ["thought"]


def test_bars_that_are_drawn_over_themselves_are_heard_one_by_one():
    bars = [bar_of(line) for line in heard_of("bars")]
    assert [(bar.what, bar.fraction) for bar in bars] == [("Predicting", each / 4) for each in range(5)]
    assert bars[1].count == "25/100"


@pytest.mark.parametrize(
    ("line", "what", "fraction"),
    [
        (" 50%|█████     | 2/4 [00:10<00:10,  5.20s/it]", "", 0.5),
        ("t2w.zip: 7%|▋  | 13.1M/187M [00:01<00:19, 9.0MB/s]", "t2w.zip", 0.07),
        ("[*] Models: 100%|##########| 1/1", "[*] Models", 1.0),
    ],
)
def test_bars(line, what, fraction):
    bar = bar_of(line)
    assert (bar.what, bar.fraction) == (what, fraction)


@pytest.mark.parametrize("line", ["", "50% of it", "100%", "a|b|c", "Dice 0.5 | 3/4"])
def test_other_lines_are_no_bars(line):
    assert bar_of(line) is None


def test_characters_that_arrive_in_pieces_are_whole():
    assert heard_of("umlaut") == ["Straße ü"]


def test_a_program_that_fails_is_told_with_its_last_words():
    with pytest.raises(ProgramError, match=r"strange_child ended with exit code 3: line 7 / line 8 / line 9\."):
        heard_of("die")


@POSIX
@pytest.mark.parametrize(("number", "words"), [(9, "memory ran out"), (11, "ended by the signal 11")])
def test_a_program_that_crashes(number, words):
    with pytest.raises(ProgramError, match=words):
        heard_of("signal", str(number))


def test_a_program_that_is_not_there():
    with pytest.raises(ProgramError, match=r"cannot be started.*--repair"):
        run_program(Program(Path("no such python"), "pip"), print)


def test_a_module_that_is_not_there():
    with pytest.raises(ProgramError, match="No module named"):
        run_program(Program(Path(sys.executable), "no_such_module"), lambda _: None)


def test_code_instead_of_a_module():
    lines = []
    run_program(
        Program(Path(sys.executable), "-c", ("import sys; print(sys.argv, 'spinetwin' in sys.modules)", "more")), lines.append
    )
    assert lines[0].endswith("False")


def test_the_variables_of_this_python_do_not_reach_it(monkeypatch):
    for name in UNWANTED:
        monkeypatch.setenv(name, "wrong")
    assert not {name for name, value in clean_variables().items() if value == "wrong"}
    assert clean_variables({"PYTHONPATH": "asked for"})["PYTHONPATH"] == "asked for"


def test_the_folder_of_the_guard_is_no_place_to_import_from():
    path = next(line for line in heard_of("variables") if line.startswith("path="))
    assert "environments'" not in path.replace(str(HERE), "")


def test_a_pool_of_fresh_interpreters_works():
    assert heard_of("spawned") == ["6"]


@POSIX
def test_leaving_ends_the_whole_tree():
    pids = []

    def interrupt(line):
        pids.extend(int(each) for each in line.split())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_program(strange("children"), interrupt)
    assert len(pids) == 2
    assert soon(lambda: not any(alive(pid) for pid in pids), 2.0)


@POSIX
def test_what_a_good_program_leaves_behind_is_ended_too():
    pids = [int(line) for line in heard_of("leave_behind")]
    assert len(pids) == 1
    assert soon(lambda: not alive(pids[0]), 2.0)


@POSIX
def test_it_ends_when_whoever_started_it_is_killed():
    code = f"""
    import sys
    from pathlib import Path
    from spinetwin.jobs.environments import Program, run_program
    run_program(Program(Path(sys.executable), "strange_child", ("children",), {{"PYTHONPATH": {str(HERE)!r}}}), print)
    """
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as parent:
        pids = [int(each) for each in parent.stdout.readline().split()]
        assert all(alive(pid) for pid in pids)
        parent.kill()
    assert soon(lambda: not any(alive(pid) for pid in pids), 2.0)


def test_this_package_can_be_lent_alone(tmp_path):
    variables = lend_package(tmp_path)
    code = """
    import os, sys, spinetwin, spinetwin.anatomy
    print(spinetwin.__version__, spinetwin.anatomy.level("L4").id, os.listdir(sys.path[0]))
    """
    lines = []
    # the code is run by a spawned program as well as by the one that was started
    run_program(Program(Path(sys.executable), "-c", (textwrap.dedent(code),), variables, tmp_path), lines.append)
    import spinetwin

    assert lines == [f"{spinetwin.__version__} 23 ['spinetwin']"]


def test_programs_beside_each_other_do_not_disturb_each_other():
    heard = {}
    threads = [
        threading.Thread(target=lambda name=name: heard.__setitem__(name, heard_of(name))) for name in ("umlaut", "bars")
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert heard["umlaut"] == ["Straße ü"]
    assert len(heard["bars"]) == 5
