"""Toil's options for Mesos, and the options of the scheduler that follow from them."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, _ArgumentGroup

    from toil.batchSystems.options import OptionSetter
    from toil.common import Config

#: Flags and meaning, by the name of the scheduler's option; in Toil's configuration it has the
#: prefix ``mesos_``.
OPTIONS = {
    "endpoint": (
        ["--mesosEndpoint", "--mesosMaster"],
        "HOST[:PORT], a URL, zk://HOST/PATH, or local[:AGENTS]. (default: this host, port 5050)",
    ),
    "framework_id": (["--mesosFrameworkId"], "Use a specific Mesos framework ID."),
    "role": (["--mesosRole"], "Use a Mesos role."),
    "name": (["--mesosName"], "The Mesos name to use. (default: %(default)s)"),
    "principal": (["--mesosPrincipal"], "Authenticate as this principal."),
    "secret_file": (["--mesosSecretFile"], "File with the principal's secret."),
    "executor_uri": (["--mesosExecutorUri"], "Where nodes fetch toil-mesos; self: from here."),
    "scheduler_args": (["--mesosSchedulerArgs"], "More options, such as '--kill-grace 30s'."),
}


class MesosOptions:
    """The part of a batch system that Toil asks for its options."""

    @classmethod
    def add_options(cls, parser: ArgumentParser | _ArgumentGroup) -> None:
        """Add the options of Toil's own Mesos support, and those of this plug-in."""
        for name, (flags, meaning) in OPTIONS.items():
            default = "toil" if name == "name" else None
            parser.add_argument(*flags, dest=f"mesos_{name}", default=default, help=meaning)

    @classmethod
    def setOptions(cls, setOption: OptionSetter) -> None:
        """Copy the options into Toil's configuration."""
        for name in OPTIONS:
            old_names = ["mesosMasterAddress"] if name == "endpoint" else []
            setOption(f"mesos_{name}", old_names=old_names)


def scheduler_options(config: Config) -> list[str]:
    """Return the arguments of ``toil-mesos scheduler`` for this workflow."""
    given = {name: getattr(config, f"mesos_{name}", None) for name in OPTIONS}
    more = shlex.split(given.pop("scheduler_args") or "")
    if config.noStdOutErr:
        more.append("--no-std-out-err")
    endpoint = given["endpoint"] or os.environ.get("TOIL_MESOS_ENDPOINT", "")
    if endpoint.partition(":")[0] == "local":  # its nodes have this host's programs
        more.append("--set-env=PATH")
    given |= {
        "workflow_id": config.workflowID,
        "clean_work_dir": config.cleanWorkDir,
        "batch_logs_dir": config.batch_logs_dir,
        "max_local_jobs": config.max_local_jobs,
    }
    named = {name.replace("_", "-"): value for name, value in given.items() if value is not None}
    return [f"--{name}={value}" for name, value in named.items()] + more
