"""Registers toil-mesos as Toil's batch system ``mesos``, in place of the built-in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toil.batchSystems.registry import add_batch_system_factory

if TYPE_CHECKING:
    from .batch_system import ToilMesosBatchSystem


def _factory() -> type[ToilMesosBatchSystem]:
    from .batch_system import ToilMesosBatchSystem  # noqa: PLC0415 (loaded when it is chosen)

    return ToilMesosBatchSystem


add_batch_system_factory("mesos", _factory)
