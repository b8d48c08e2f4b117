"""What is wrong is said in one line, and leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from batch_systems import batch_system, collect, job
from conftest import HOME, processes, run, wait_for
from toil.batchSystems.abstractBatchSystem import BatchJobExitReason

from toil_batch_system_mesos.errors import ToilMesosError

WORKFLOW = Path(__file__).parent / "workflows" / "tutorial.py"


def refused(place, *options, **env):
    """Return the one line that Toil ends with."""
    words = [sys.executable, WORKFLOW, f"file:{place}/store", "--workflow", "hello"]
    words += ["--batchSystem", "mesos", "--mesosEndpoint", "local", *options]
    ended = run(*words, cwd=place, check=False, **env)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout
    assert not processes("--end-with-stdin", str(place))
    assert not list(place.glob("toil-mesos-leader-*"))
    return ended.stdout.strip().splitlines()[-1]


def program(place, text):
    path = place / "toil-mesos"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_no_program(place):
    words = [sys.executable, WORKFLOW, f"file:{place}/store", "--workflow", "hello"]
    words += ["--batchSystem", "mesos"]
    (place / "stat").symlink_to(shutil.which("stat"))  # Toil needs that one
    environment = {"TOIL_MESOS_BIN": "", "PATH": str(place)}
    text = run(*words, cwd=place, check=False, **environment).stdout
    assert text.strip().splitlines()[-1].startswith("Cannot find toil-mesos: ")
    assert "Traceback" not in text


def test_a_named_program_that_is_none(place):
    line = refused(place, TOIL_MESOS_BIN=f"{place}/missing")
    assert line == f"Cannot start toil-mesos: TOIL_MESOS_BIN={place}/missing is not a program"


def test_an_old_program(place):
    old = program(place, "echo toil-mesos 0.1.9")
    line = refused(place, TOIL_MESOS_BIN=old)
    assert line == f"Cannot use {old}: it is toil-mesos 0.1.9; install 0.2.0 or later"


def test_another_program(place):
    other = program(place, "echo hello; exit 1")
    assert refused(place, TOIL_MESOS_BIN=other).startswith(f"Cannot use {other}: ")


def test_a_mesos_that_cannot_be_reached(place):
    options = ["--mesosEndpoint", "127.0.0.1:1", "--mesosSchedulerArgs=--registration-timeout 1s"]
    line = refused(place, *options)
    assert line.startswith("Cannot start the Mesos scheduler: ")
    assert "127.0.0.1:1" in line


def test_a_port_that_is_in_use(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        arguments = f"--user-script {WORKFLOW} --advertise {address}"
        line = refused(place, f"--mesosSchedulerArgs={arguments}")
    assert line.startswith("Cannot start the Mesos scheduler: ")
    assert address.partition(":")[2] in line


def test_an_option_that_the_scheduler_refuses(place):
    line = refused(place, "--mesosSchedulerArgs=--kill-grace soon")
    assert "--kill-grace" in line


def test_a_path_that_is_too_long_for_a_socket(place):
    long = place / ("x" * 100)
    long.mkdir()
    line = refused(place, TMPDIR=str(long))
    assert "set TMPDIR to a directory with a shorter path" in line
    assert not list(long.glob("toil-mesos-*"))


@pytest.fixture
def other_toil(place):
    """Give a path on which Python finds that another version of Toil is installed."""
    information = place / "installed" / "toil-10.1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: toil\nVersion: 10.1.0\n")
    return str(information.parent)


def test_toil_of_another_major_version(place, other_toil):
    options = ["--mesosRole", "a-role", "--caching=True"]
    line = refused(place, *options, PYTHONPATH=other_toil)
    assert line.startswith("Cannot use Mesos with Toil 10.1.0: install Toil 9, or a toil-batch-")


def test_toil_of_another_major_version_keeps_its_other_batch_systems(place, other_toil):
    words = [sys.executable, WORKFLOW, f"file:{place}/store", "--workflow", "hello"]
    words += ["--batchSystem", "single_machine"]
    assert "RESULT: Hello, world" in run(*words, cwd=place, PYTHONPATH=other_toil).stdout


def test_errors_are_caught_as_usual():
    with pytest.raises(RuntimeError):
        raise ToilMesosError("message")
    script = "from toil_batch_system_mesos.errors import *; raise ToilMesosError('one line')"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)  # noqa: PLW1510
    assert (ended.returncode, ended.stderr) == (1, "one line\n")


def test_a_scheduler_that_dies_is_resumed(place):
    with batch_system() as system:
        process = system._scheduler._process
        running = system.issueBatchJob("sleep 600", job())
        wait_for(lambda: running in system.getRunningBatchJobIDs(), "running job")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        after = system.issueBatchJob("exit 5", job())
        results = collect(system, 2)
        assert results[after].exitStatus == 5
        # The embedded Mesos has ended with its scheduler.
        assert results[running].exitReason is BatchJobExitReason.LOST


def test_a_scheduler_that_keeps_dying_loses_its_jobs(place, monkeypatch):
    monkeypatch.setattr("toil_batch_system_mesos.scheduler_process.MAX_RESTARTS", 0)
    with batch_system() as system:
        job_id = system.issueBatchJob("sleep 600", job())
        system._scheduler._process.kill()
        assert collect(system, 1)[job_id].exitReason is BatchJobExitReason.LOST
        with pytest.raises(ToilMesosError, match="Cannot resume the scheduler"):
            system.issueBatchJob("true", job())


def test_a_forked_child_neither_ends_nor_keeps_the_scheduler(place):
    with batch_system() as system:
        process = system._scheduler._process
        child = os.fork()
        if child == 0:
            system._scheduler.stop()
            signal.pause()
        try:
            job_id = system.issueBatchJob("true", job())
            assert collect(system, 1)[job_id].exitStatus == 0
            # The child has the leader's files; those of the scheduler it has closed.
            system._scheduler._close_stdin()
            assert process.wait(60) == 0
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def test_a_batch_system_is_made_in_a_forked_child(place):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with batch_system() as system:
                job_id = system.issueBatchJob("true", job())
                status = collect(system, 1)[job_id].exitStatus
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_directories_of_killed_leaders_are_removed(place, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(place))
    left = place / "toil-mesos-leader-dead"
    left.mkdir()
    (left / "state").mkdir()
    (left / "in-use").touch()
    with batch_system(), batch_system():
        assert not left.exists()
        assert len(list(place.glob("toil-mesos-leader-*"))) == 2
    assert list(place.glob("toil-mesos-leader-*")) == []
    assert HOME in place.parents
