"""Registers toil-mesos as Toil's batch system ``mesos``, in place of the built-in one."""

from __future__ import annotations

from importlib import metadata

from toil.batchSystems.registry import add_batch_system_factory

TOIL_MAJOR_VERSION = "9"


def _factory() -> type:
    """Return the class, which is loaded when it is needed.

    Toil calls this for the options of any workflow: an error here would stop those on other
    batch systems, too.
    """
    if metadata.version("toil").partition(".")[0] != TOIL_MAJOR_VERSION:
        from .other_toil import OtherToil  # noqa: PLC0415

        return OtherToil
    from .batch_system import ToilMesosBatchSystem  # noqa: PLC0415

    return ToilMesosBatchSystem


add_batch_system_factory("mesos", _factory)
