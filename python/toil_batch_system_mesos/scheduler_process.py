"""The scheduler as a child process: found, checked, started, resumed and stopped."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .client import Client
from .errors import ToilMesosError

logger = logging.getLogger("toil.mesos")

#: The oldest version of toil-mesos whose control API this plug-in can use.
MINIMUM_VERSION = (0, 2, 0)

#: Linux has room for 108 bytes in the path of a Unix socket, its end included.
MAX_SOCKET_PATH_BYTES = 107

DIRECTORY_PREFIX = "toil-mesos-leader-"
SOCKET_NAME = "control"

START_SECONDS = 90.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.02

#: A scheduler that ends more often than this, each time within ``STABLE_SECONDS``, is given up.
MAX_RESTARTS = 5
STABLE_SECONDS = 300.0


def find_program() -> list[str]:
    """Return the words that start toil-mesos: ``TOIL_MESOS_BIN``, from PATH, or this checkout.

    :raises ToilMesosError: when there is none.
    """
    named = os.environ.get("TOIL_MESOS_BIN")
    program = shutil.which(named or "toil-mesos")
    if program is not None:
        return [program]
    if named:
        raise ToilMesosError(f"Cannot start toil-mesos: TOIL_MESOS_BIN={named} is not a program")
    root = Path(__file__).resolve().parents[2]
    deno = shutil.which("deno")
    if deno is not None and (root / "main.ts").is_file():
        config = str(root / "deno.json")
        return [deno, "run", "--quiet", "--allow-all", "--config", config, str(root / "main.ts")]
    raise ToilMesosError(
        "Cannot find toil-mesos: put the program on PATH, or set TOIL_MESOS_BIN to its path"
    )


def check_version(program: list[str]) -> None:
    """Check that the program is new enough.

    :raises ToilMesosError: when it is older than this plug-in, or does not run.
    """
    try:
        words = subprocess.run(  # noqa: S603 (the user's own program)
            [*program, "--version"], capture_output=True, text=True, check=True, timeout=60
        ).stdout.split()
        version = tuple(int(part) for part in words[1].split("-")[0].split("."))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise ToilMesosError(f"Cannot use {program[0]}: it has no version: {error}") from error
    if version < MINIMUM_VERSION:
        needed = ".".join(map(str, MINIMUM_VERSION))
        raise ToilMesosError(
            f"Cannot use {program[0]}: it is toil-mesos {words[1]}; install {needed} or later"
        )


class SchedulerProcess:
    """A scheduler that lives as long as this process, and is resumed when it dies.

    Its standard input is a pipe that this process alone holds open: when the pipe closes, however
    this process ends, the scheduler kills its jobs, removes its framework and ends.
    """

    def __init__(self, options: list[str]) -> None:
        """Start the scheduler and wait until it has registered with Mesos.

        :raises ToilMesosError: with the scheduler's own words, when it cannot be used.
        """
        program = find_program()
        check_version(program)
        self._lock = threading.Lock()
        self._stopping = False
        self._restarts = 0
        self._owner = os.getpid()
        _sweep()
        self._directory = _make_directory()
        self._mark = os.open(self._directory, os.O_RDONLY)
        fcntl.flock(self._mark, fcntl.LOCK_EX)
        socket = str(self._directory / SOCKET_NAME)
        self.client = Client(socket)
        self._command = [*program, "scheduler", *options, "--end-with-stdin"]
        self._command += ["--listen", f"unix:{socket}", "--state", str(self._directory / "state")]
        try:
            self._start()
        except BaseException:
            self._remove_directory()
            raise
        os.register_at_fork(after_in_child=self._forget)

    def add_options(self, *options: str) -> None:
        """Give the scheduler these options, too, when it is resumed."""
        self._command += options

    def resume(self) -> None:
        """Start the scheduler again, with its state, if it has died.

        :raises ToilMesosError: when it dies again and again, or was stopped.
        """
        with self._lock:
            status = None if self._stopping else self._process.poll()
            if self._stopping or self._owner != os.getpid():
                raise ToilMesosError("Cannot use the scheduler: it was stopped")
            if status is None:
                return
            if time.monotonic() - self._started > STABLE_SECONDS:
                self._restarts = 0
            self._restarts += 1
            if self._restarts > MAX_RESTARTS:
                raise ToilMesosError(
                    f"Cannot resume the scheduler: it ended {self._restarts} times, "
                    f"the last time with status {status}: {self._last_line(0)}"
                )
            logger.warning("The scheduler ended with status %s; resuming it", status)
            self._start()

    def stop(self) -> None:
        """Kill all jobs, remove the framework and end the scheduler. Idempotent."""
        self._stopping = self._stopping or self._owner == os.getpid()
        with self._lock:
            if self._owner != os.getpid() or not self._directory.exists():
                return
            self._close_stdin()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                logger.warning("The scheduler did not end in %d s; killing it", STOP_SECONDS)
                self._process.kill()
                self._process.wait()
            self._remove_directory()

    def _start(self) -> None:
        log = self._directory / "scheduler.log"
        with log.open("ab") as errors:
            offset = errors.tell()
            self._process = subprocess.Popen(  # noqa: S603 (the user's own program)
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                # Held by the scheduler, too: its directory is in use until both have ended.
                pass_fds=[self._mark],
                # Interrupts are for the leader, which then shuts down in order.
                start_new_session=True,
            )
        self._started = time.monotonic()
        while not self._is_registered():
            status = self._process.poll()
            late = time.monotonic() - self._started > START_SECONDS
            if status is not None or late or self._stopping:
                self._process.kill()
                self._process.wait()
                self._close_stdin()
                reason = self._last_line(offset) or f"it ended with status {status}"
                raise ToilMesosError(f"Cannot start the Mesos scheduler: {reason}")
            time.sleep(POLL_SECONDS)

    def _is_registered(self) -> bool:
        with contextlib.suppress(OSError, ToilMesosError):
            return bool(self.client.request("GET", "/healthz", timeout=5)["status"] == "ok")
        return False

    def _last_line(self, offset: int) -> str:
        text = (self._directory / "scheduler.log").read_bytes()[offset:].decode(errors="replace")
        return text.strip().rpartition("\n")[2].removeprefix("toil-mesos: ")

    def _close_stdin(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _forget(self) -> None:
        """In a forked child: not to keep the scheduler alive when its owner ends."""
        if not self._process.stdin.closed:  # type: ignore[union-attr]
            self._close_stdin()

    def _remove_directory(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        os.close(self._mark)


def _make_directory() -> Path:
    directory = Path(tempfile.mkdtemp(prefix=DIRECTORY_PREFIX))
    if len(os.fsencode(directory / SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES:
        return directory
    directory.rmdir()
    raise ToilMesosError(
        f"Cannot listen in {directory}: the path of a Unix socket may have "
        f"{MAX_SOCKET_PATH_BYTES} bytes; set TMPDIR to a directory with a shorter path"
    )


def _sweep() -> None:
    """Remove the directories of leaders that were killed, once their schedulers have ended."""
    # One without a log is being made; it may have no lock yet.
    for log in Path(tempfile.gettempdir()).glob(f"{DIRECTORY_PREFIX}*/scheduler.log"):
        with contextlib.suppress(OSError):
            mark = os.open(log.parent, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(log.parent, ignore_errors=True)
            finally:
                os.close(mark)
