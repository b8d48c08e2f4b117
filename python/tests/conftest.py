"""Where the tests run: directories of their own, a toil-mesos, and a Mesos."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import pytest

os.environ.setdefault("DENO_DIR", str(Path.home() / ".cache" / "deno"))

#: Toil, its workers and the scheduler keep nothing elsewhere; the path of a socket has to be short.
HOME = Path(tempfile.mkdtemp(prefix="tmt-", dir="/tmp"))
for name in ("HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
    os.environ[name] = str(HOME)
for name in ("TOIL_WORKDIR", "TOIL_COORDINATION_DIR", "TOIL_MESOS_ENDPOINT"):
    os.environ.pop(name, None)
os.environ["TOIL_HISTORY"] = "0"
tempfile.tempdir = None


#: The Mesos that tests run on: an embedded one with two agents, or the one that is named.
ENDPOINT = os.environ.get("TOIL_MESOS_TEST_ENDPOINT", "local:2")
IS_EMBEDDED = ENDPOINT.startswith("local")


def pytest_sessionfinish() -> None:
    """Leave nothing."""
    shutil.rmtree(HOME, ignore_errors=True)


def wait_for(condition, what: str, seconds: float = 60):
    """Return the first true value of the condition."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        time.sleep(0.02)


def processes(*words: str) -> list[int]:
    """Return the processes of these tests whose command line has all the words."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            line = (path / "cmdline").read_bytes().decode(errors="replace")
            environment = (path / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        # What an agent elsewhere starts has an environment of its own.
        is_ours = str(HOME) in environment or str(HOME) in line
        if is_ours and all(word in line for word in words):
            found.append(int(path.name))
    return found


def ends(pid: int) -> bool:
    """Whether the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def place(monkeypatch):
    """Give a directory with a short path, and end what still runs there afterwards."""
    path = HOME / uuid.uuid4().hex[:6]
    path.mkdir()
    monkeypatch.setenv("TMPDIR", str(path))
    yield path
    for pid in processes(str(path)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def run(*command: object, cwd: Path, check: bool = True, seconds: float = 240, **env: str):
    """Run a program and return how it ended."""
    ended = subprocess.run(  # noqa: PLW1510
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
    )
    assert not check or ended.returncode == 0, ended.stdout
    return ended
