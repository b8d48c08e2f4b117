"""The scheduler as a child process: found, checked, started, resumed and stopped."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import subprocess
import tempfile
import threading
import time
from importlib import metadata
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .client import Client
from .errors import ToilMesosError

logger = logging.getLogger("toil.mesos")

#: The oldest version of toil-mesos whose control API this plug-in can use.
MINIMUM_VERSION = "0.2.0"

#: Linux has room for 108 bytes in the path of a Unix socket, its end included.
MAX_SOCKET_PATH_BYTES = 107

DIRECTORY_PREFIX = "toil-mesos-leader-"

#: A file that leader and scheduler keep locked.
MARK_NAME = "in-use"

STOP_SECONDS = 60.0
POLL_SECONDS = 0.02

#: A scheduler that ends more often than this is given up.
MAX_RESTARTS = 20


def find_program() -> list[str]:
    """Return the words that start toil-mesos: ``TOIL_MESOS_BIN``, from PATH, or the checkout.

    :raises ToilMesosError: when there is none.
    """
    named = os.environ.get("TOIL_MESOS_BIN")
    if program := shutil.which(named or "toil-mesos"):
        return [program]
    if named:
        raise ToilMesosError(f"Cannot start toil-mesos: TOIL_MESOS_BIN={named} is not a program")
    root = _checkout()
    deno = shutil.which("deno")
    if deno and (root / "main.ts").is_file():
        return [deno, "run", "-q", "-A", f"--config={root}/deno.json", f"{root}/main.ts"]
    raise ToilMesosError(
        "Cannot find toil-mesos: put the program on PATH, or set TOIL_MESOS_BIN to its path"
    )


def _checkout() -> Path:
    """Return the checkout that this package was installed from; see PEP 610."""
    origin = None
    with contextlib.suppress(metadata.PackageNotFoundError):
        origin = metadata.distribution("toil-batch-system-mesos").read_text("direct_url.json")
    return Path(url2pathname(urlsplit(json.loads(origin or "{}").get("url", "")).path)).parent


def check_version(program: list[str]) -> None:
    """Check that the program is new enough.

    :raises ToilMesosError: when it is older than this plug-in, or does not run.
    """
    try:
        answer = subprocess.check_output([*program, "--version"], text=True, timeout=60)  # noqa: S603
        is_old = _version(answer.split()[1]) < _version(MINIMUM_VERSION)
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise ToilMesosError(f"Cannot use {program[0]}: it has no version: {error}") from error
    if is_old:
        raise ToilMesosError(
            f"Cannot use {program[0]}: it is {answer.strip()}; install {MINIMUM_VERSION} or later"
        )


def _version(text: str) -> list[int]:
    return [int(part) for part in text.partition("-")[0].split(".")]


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
        _sweep()
        self._directory = Path(tempfile.mkdtemp(prefix=DIRECTORY_PREFIX))
        self._socket = f"{self._directory}/control"
        if len(os.fsencode(self._socket)) > MAX_SOCKET_PATH_BYTES:
            self._directory.rmdir()
            raise ToilMesosError(
                f"Cannot listen on {self._socket}: the path of a Unix socket may have "
                f"{MAX_SOCKET_PATH_BYTES} bytes; set TMPDIR to a directory with a shorter path"
            )
        self._mark = os.open(self._directory / MARK_NAME, os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._mark, fcntl.LOCK_EX)
        self.client = Client(self._socket)
        self._command = [*program, "scheduler", *options, "--end-with-stdin", "--log-format=json"]
        self._command += [f"--listen=unix:{self._socket}", f"--state={self._directory}/state"]
        try:
            self._start()
        except BaseException:
            self.stop()
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
            if self._stopping:
                raise ToilMesosError("Cannot use the scheduler: it was stopped")
            status = self._process.poll()
            if status is None:
                time.sleep(POLL_SECONDS)  # it is busy, or about to end
                return
            self._restarts += 1
            if self._restarts > MAX_RESTARTS:
                raise ToilMesosError(
                    f"Cannot resume the scheduler: it ended {self._restarts} times, "
                    f"the last time with status {status}: {self._last_words}"
                )
            logger.warning("The scheduler ended with status %s; resuming it", status)
            self._start()

    def stop(self) -> None:
        """Kill all jobs, remove the framework and end the scheduler. Idempotent."""
        was_stopping, self._stopping = self._stopping, True
        if was_stopping:
            return
        with self._lock:  # a start that is under way ends at once
            self._close_stdin()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                logger.warning("The scheduler did not end in %d s; killing it", STOP_SECONDS)
                self._process.kill()
                self._process.wait()
            shutil.rmtree(self._directory, ignore_errors=True)
            os.close(self._mark)

    def _start(self) -> None:
        self._last_words = ""
        self._process = subprocess.Popen(  # noqa: S603 (the user's own program)
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # Held by the scheduler, too: its directory is in use until both have ended.
            pass_fds=[self._mark],
            # Interrupts are for the leader, which then shuts down in order.
            start_new_session=True,
        )
        log = threading.Thread(target=self._relay, args=[self._process.stderr], daemon=True)
        log.start()
        while not self._is_registered():
            if self._process.poll() is not None or self._stopping:
                self._process.kill()
                log.join()
                self._close_stdin()
                reason = self._last_words or f"it ended with status {self._process.wait()}"
                raise ToilMesosError(f"Cannot start the Mesos scheduler: {reason}")
            time.sleep(POLL_SECONDS)

    def _is_registered(self) -> bool:
        with contextlib.suppress(OSError, ToilMesosError):
            return bool(self.client.request("GET", "/healthz", timeout=5)["status"] == "ok")
        return False

    def _relay(self, lines: IO[str]) -> None:
        """Pass the scheduler's log on to Toil's, and keep what it says last to people."""
        for line in lines:
            if line.startswith("{"):
                record = json.loads(line)
                logger.log(getattr(logging, record["level"], logging.DEBUG), record["message"])
            else:
                self._last_words = line.strip().removeprefix("toil-mesos: ")

    def _close_stdin(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _forget(self) -> None:
        """Leave the scheduler to the parent: this process is a forked child."""
        self._stopping = True
        self._close_stdin()
        self.client = Client(self._socket)


def _sweep() -> None:
    """Remove the directories of leaders that were killed, once their schedulers have ended."""
    # One without a state is being made; it may have no lock yet.
    for state in Path(tempfile.gettempdir()).glob(f"{DIRECTORY_PREFIX}*/state"):
        with contextlib.suppress(OSError):
            mark = os.open(state.parent / MARK_NAME, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(state.parent, ignore_errors=True)
            finally:
                os.close(mark)
