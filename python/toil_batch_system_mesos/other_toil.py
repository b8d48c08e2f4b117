"""What Toil gets in place of the batch system where it is of a version that is not supported."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from .errors import ToilMesosError
from .options import MesosOptions


class OtherToil(MesosOptions):
    """Refuses to be made; its options are known, so that they are not taken for mistakes.

    It uses nothing of Toil, which may have moved what the batch system is built on.
    """

    @classmethod
    def supportsWorkerCleanup(cls) -> bool:
        """Hold no option against it: the version is what has to change."""
        return True

    def __init__(self, **_: Any) -> None:
        """Say which Toil is needed.

        :raises ToilMesosError: always.
        """
        raise ToilMesosError(
            f"Cannot use Mesos with Toil {metadata.version('toil')}: install Toil 9, "
            "or a toil-batch-system-mesos for this version"
        )
