"""The options are those of Toil's own Mesos support, and reach the scheduler."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from types import ModuleType

import pytest
from batch_systems import GIB
from toil.common import Config
from toil.job import Job

from toil_batch_system_mesos.batch_system import ToilMesosBatchSystem
from toil_batch_system_mesos.errors import ToilMesosError

ALL = ["--mesosFrameworkId", "an-id", "--mesosRole", "a-role", "--mesosName", "a-name"]


@pytest.fixture
def built_in(monkeypatch):
    """Give Toil's own class, with a pymesos that is just enough to import it."""
    pymesos = ModuleType("pymesos")
    for name in ("MesosSchedulerDriver", "Scheduler", "decode_data", "encode_data"):
        setattr(pymesos, name, type(name, (), {}))
    monkeypatch.setitem(sys.modules, "pymesos", pymesos)
    from toil.batchSystems.mesos.batchSystem import MesosBatchSystem  # noqa: PLC0415

    yield MesosBatchSystem
    del sys.modules["toil.batchSystems.mesos.batchSystem"]


def parsed(batch_system, words):
    parser = ArgumentParser()
    batch_system.add_options(parser)
    return vars(parser.parse_args(words))


def configured(batch_system):
    """Return the names in the configuration, with those of older versions of Toil."""
    names = {}

    def set_option(name, old_names=(), **_):
        names[name] = list(old_names)
        return True

    batch_system.setOptions(set_option)
    return names


@pytest.mark.parametrize("endpoint", ["--mesosEndpoint", "--mesosMaster"])
def test_options_are_those_of_the_built_in_batch_system(built_in, endpoint):
    for words in ([], [*ALL, endpoint, "host:1"]):
        theirs = parsed(built_in, words)
        assert len(theirs) == 4
        ours = parsed(ToilMesosBatchSystem, words)
        assert {name: ours.pop(name) for name in theirs} == theirs
        assert set(ours.values()) == {None}, "the others change nothing unless they are given"
    names = configured(ToilMesosBatchSystem)
    assert set(names) == set(parsed(ToilMesosBatchSystem, []))
    theirs = configured(built_in)
    assert {name: names[name] for name in theirs} == theirs


def scheduler_arguments(place, monkeypatch, *words):
    """Return what a scheduler is started with by a workflow that has these options."""
    program = place / "toil-mesos"
    program.write_text(
        '#!/bin/sh\n[ "$1" = scheduler ] || { echo toil-mesos 0.2.0; exit; }\n'
        f'printf "%s\\n" "$@" > {place}/arguments\necho toil-mesos: recorded >&2\nexit 3\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("TOIL_MESOS_BIN", str(program))
    parser = Job.Runner.getDefaultArgumentParser()
    config = Config()
    config.setOptions(parser.parse_args([f"{place}/store", "--batchSystem", "mesos", *words]))
    config.workflowID = "a-workflow"
    with pytest.raises(ToilMesosError, match=r"^Cannot start the Mesos scheduler: recorded$"):
        ToilMesosBatchSystem(config, maxCores=8, maxMemory=GIB, maxDisk=GIB)
    return (place / "arguments").read_text().splitlines()


@pytest.mark.parametrize("endpoint", ["--mesosEndpoint", "--mesosMaster"])
def test_options_reach_the_scheduler(place, monkeypatch, endpoint):
    secret = ["--mesosPrincipal", "me", "--mesosSecretFile", "/a file", "--mesosExecutorUri=self"]
    more = ["--mesosSchedulerArgs", "--kill-grace 30s --set-env 'A=b c'"]
    given = [endpoint, "host:1", *ALL, *secret, *more, "--maxLocalJobs=3", "--noStdOutErr"]
    command, *arguments = scheduler_arguments(place, monkeypatch, *given)
    assert command == "scheduler"
    assert {
        *["--endpoint=host:1", "--framework-id=an-id", "--role=a-role", "--name=a-name"],
        *["--principal=me", "--secret-file=/a file", "--executor-uri=self"],
        *["--kill-grace", "30s", "--set-env", "A=b c"],
        *["--max-local-jobs=3", "--no-std-out-err", "--workflow-id=a-workflow"],
    } <= set(arguments)


def test_only_a_name_is_given_by_default(place, monkeypatch):
    # Which endpoint is meant without one is the scheduler's to say: this host, port 5050.
    _, *arguments = scheduler_arguments(place, monkeypatch)
    assert "--name=toil" in arguments
    names = {each.partition("=")[0] for each in arguments}
    ours = {"endpoint", "framework-id", "role", "principal", "secret-file", "executor-uri"}
    assert names.isdisjoint({f"--{name}" for name in ours})


@pytest.mark.parametrize(
    ("endpoint", "is_embedded"),
    [("local", True), ("local:3", True), ("localhost:5050", False), ("local.example.org", False)],
)
def test_only_an_embedded_mesos_has_the_programs_of_the_leader(
    place, monkeypatch, endpoint, is_embedded
):
    arguments = scheduler_arguments(place, monkeypatch, "--mesosEndpoint", endpoint)
    assert ("--set-env=PATH" in arguments) == is_embedded
    monkeypatch.setenv("TOIL_MESOS_ENDPOINT", endpoint)
    arguments = scheduler_arguments(place, monkeypatch)
    assert ("--set-env=PATH" in arguments) == is_embedded
    arguments = scheduler_arguments(place, monkeypatch, "--mesosEndpoint", "host:1")
    assert "--set-env=PATH" not in arguments
