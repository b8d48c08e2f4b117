"""Toil's options for Mesos, and the options of the scheduler that follow from them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, _ArgumentGroup

    from toil.batchSystems.options import OptionSetter
    from toil.common import Config


def add_options(parser: ArgumentParser | _ArgumentGroup) -> None:
    """Add the options of Toil's own Mesos support, and those of this plug-in."""
    parser.add_argument(
        "--mesosEndpoint",
        "--mesosMaster",
        dest="mesos_endpoint",
        help="The Mesos: HOST[:PORT], http(s)://HOST:PORT, several with commas, "
        "zk://HOST:PORT,.../PATH, or local[:AGENTS] for an embedded one. "
        "(default: this host, port 5050)",
    )
    parser.add_argument(
        "--mesosFrameworkId", dest="mesos_framework_id", help="Use a specific Mesos framework ID."
    )
    parser.add_argument("--mesosRole", dest="mesos_role", help="Use a Mesos role.")
    parser.add_argument(
        "--mesosName",
        dest="mesos_name",
        default="toil",
        help="The Mesos name to use. (default: %(default)s)",
    )
    parser.add_argument(
        "--mesosPrincipal", dest="mesos_principal", help="Authenticate as this principal."
    )
    parser.add_argument(
        "--mesosSecretFile", dest="mesos_secret_file", help="File with the principal's secret."
    )
    parser.add_argument(
        "--mesosExecutorUri",
        dest="mesos_executor_uri",
        help="Where nodes fetch toil-mesos; self: from this leader. "
        "(default: every node has it at the leader's path)",
    )
    parser.add_argument(
        "--mesosSchedulerArgs",
        dest="mesos_scheduler_args",
        help="More options of 'toil-mesos scheduler', such as '--kill-grace 30s'.",
    )


def set_options(set_option: OptionSetter) -> None:
    """Copy the options into Toil's configuration."""
    set_option("mesos_endpoint", old_names=["mesosMasterAddress"])
    for name in ("name", "role", "framework_id", "principal", "secret_file", "executor_uri"):
        set_option(f"mesos_{name}")
    set_option("mesos_scheduler_args")


def scheduler_options(config: Config) -> list[str]:
    """Return the arguments of ``toil-mesos scheduler`` for this workflow."""
    given = {
        "--endpoint": config.mesos_endpoint,
        "--framework-id": config.mesos_framework_id,
        "--role": config.mesos_role,
        "--name": config.mesos_name,
        "--principal": getattr(config, "mesos_principal", None),
        "--secret-file": getattr(config, "mesos_secret_file", None),
        "--executor-uri": getattr(config, "mesos_executor_uri", None),
        "--workflow-id": config.workflowID,
        "--clean-work-dir": config.cleanWorkDir,
        "--batch-logs-dir": config.batch_logs_dir,
        # Nodes of an embedded Mesos have this host's programs.
        "--set-env": "PATH" if str(config.mesos_endpoint).startswith("local") else None,
    }
    options = [word for name, value in given.items() if value for word in (name, str(value))]
    if config.noStdOutErr:
        options.append("--no-std-out-err")
    return options + shlex.split(getattr(config, "mesos_scheduler_args", None) or "")
