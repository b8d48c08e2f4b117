"""Errors of the plug-in, each one line for the user."""

from __future__ import annotations


class ToilMesosError(RuntimeError, SystemExit):
    """The scheduler cannot be started, reached or used.

    Programs catch it as a ``RuntimeError``. Where no one does, it ends the interpreter as a
    ``SystemExit``: with the message on standard error, and without a traceback.
    """

    def __init__(self, message: str) -> None:
        """Say what is wrong, and what to do."""
        SystemExit.__init__(self, message)


class RequestError(ToilMesosError):
    """The scheduler has refused a request."""
