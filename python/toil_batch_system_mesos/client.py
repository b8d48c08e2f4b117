"""A client of the scheduler's control API on a Unix socket."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import Any

from .errors import RequestError


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Own(threading.local):
    """What each thread has of its own."""

    def __init__(self, path: str) -> None:
        self.connection = _UnixConnection(path)


class Client:
    """Sends requests; each thread has a connection of its own, which it keeps."""

    def __init__(self, path: str) -> None:
        """Talk to the scheduler that listens on the socket ``path``."""
        self._own = _Own(path)

    def request(
        self, method: str, path: str, body: Any = None, *, timeout: float = 60, key: str = ""
    ) -> Any:
        """Return the decoded answer; a request with a key may be sent twice, and counts once.

        :raises RequestError: when the scheduler refuses.
        :raises OSError: when it cannot be reached, or ends before it answers.
        """
        connection = self._own.connection
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        encoded = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, path, encoded, headers)
            response = connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionError(str(error) or type(error).__name__) from error
        if response.status >= http.client.BAD_REQUEST:
            raise RequestError(_reason(response.status, data))
        return json.loads(data)


def _reason(status: int, data: bytes) -> str:
    try:
        return str(json.loads(data)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {status}: {data[:1000].decode(errors='replace')}"
