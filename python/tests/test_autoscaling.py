"""Toil's autoscaler, with a provisioner that starts and ends agents of an embedded Mesos."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from batch_systems import batch_system, collect, config, job
from conftest import run, wait_for
from elastic_cluster import NODE_TYPE, ROOT, ElasticCluster
from toil.bus import MessageBus
from toil.provisioners.clusterScaler import ScalerThread

pytestmark = pytest.mark.skipif(not ROOT, reason="needs a checkout: TOIL_MESOS_TEST_ROOT")


class Leader:
    """What the autoscaler sees of a leader: the jobs that are issued."""

    def __init__(self, system, provisioner):
        self.batchSystem = system
        self.provisioner = provisioner
        self.toilState = SimpleNamespace(bus=MessageBus())
        self.jobs = []
        self.config = config(
            maxNodes=[3],
            minNodes=[0],
            targetTime=0.5,  # less than jobs take: each has a node of its own
            betaInertia=0.0,
            scaleInterval=0.1,
            preemptibleCompensation=0.0,
            assume_zero_overhead=True,
            clusterStats=None,
        )

    def getJobs(self):
        return list(self.jobs)


@contextmanager
def scaled(place):
    """Open a batch system on a cluster whose size is up to an autoscaler."""
    provisioner = ElasticCluster(place)
    provisioner.setAutoscaledNodeTypes([({NODE_TYPE}, None)])
    try:
        with batch_system(**provisioner.options) as system:
            leader = Leader(system, provisioner)
            thread = ScalerThread(provisioner, leader, leader.config, stop_on_exception=True)
            thread.start()
            try:
                yield leader, thread.scaler
            finally:
                thread.shutdown()
    finally:
        provisioner.close()


def test_the_cluster_grows_and_shrinks_with_the_jobs(place):
    with scaled(place) as (leader, scaler):
        system, provisioner = leader.batchSystem, leader.provisioner

        def issue(name):
            described = job(name, cores=1, memory=64 << 20)
            command = (
                f"echo $MESOS_AGENT_ENDPOINT > {place}/node-of-{name}; "
                f"while ! [ -e {place}/end-{name} ]; do sleep 0.05; done"
            )
            return system.issueBatchJob(command, described), described

        def is_drained(name):
            endpoint = wait_for((place / f"node-of-{name}").read_text, "node")
            return endpoint.partition(":")[0] in scaler.ignoredNodes

        def end(*names):
            for name in names:
                (place / f"end-{name}").touch()
            results = collect(system, len(names)).values()
            assert all(result.exitReason.name == "FINISHED" for result in results)

        def are_running(count):
            return lambda: len(system.getRunningBatchJobIDs()) == count

        # It grows.
        leader.jobs = [issue(name)[1] for name in "abc"]
        wait_for(are_running(3), "three running jobs")
        assert provisioner.history == [f"started 127.0.0.{number}" for number in (2, 3, 4)]
        assert all(node.workers == 1 for node in system.getNodes().values())

        # Nodes that are not needed get no more jobs, and end when theirs have ended.
        leader.jobs = leader.jobs[:1]
        wait_for(lambda: len(scaler.ignoredNodes) == 2, "ignored nodes")
        drained = set(scaler.ignoredNodes)
        [kept] = [name for name in "abc" if not is_drained(name)]
        waiting, described = issue("d")
        leader.jobs = [described]
        end(*{*"abc"} - {kept})
        wait_for(lambda: len(provisioner.history) == 5, "end of two nodes")
        assert {line.removeprefix("stopped ") for line in provisioner.history[3:]} == drained
        assert not any(system.nodeInUse(address) for address in drained)
        assert waiting not in system.getRunningBatchJobIDs()
        end(kept)
        wait_for(lambda: waiting in system.getRunningBatchJobIDs(), "running job")

        # It grows once more: an address that comes again is that of another node.
        leader.jobs.append(issue("e")[1])
        wait_for(are_running(2), "two running jobs")
        assert provisioner.history[5].removeprefix("started ") in drained
        end("d", "e")

        # And ends without nodes.
        leader.jobs = []
        wait_for(lambda: provisioner.getProvisionedWorkers() == [], "end of all nodes")
        assert len(provisioner.history) == 8


def test_a_workflow_on_a_cluster_that_scales(place):
    tests = Path(__file__).parent
    words = [sys.executable, tests / "workflows" / "scaled.py", f"file:{place}/store"]
    words += ["--place", place, "--batchSystem", "mesos", "--clusterStats", place]
    text = run(
        *words, cwd=place, seconds=120, PYTHONPATH=f"{tests}:{os.environ.get('PYTHONPATH', '')}"
    ).stdout
    assert "RESULT: 3" in text
    assert "NODES: started 127.0.0.2, started 127.0.0.3" in text
    [stats] = place.glob("*-stats*.json")
    nodes = json.loads(stats.read_text())["Non-preemptible"]
    assert nodes.keys() == {"127.0.0.2", "127.0.0.3"}
    assert max(sample["workers"] for samples in nodes.values() for sample in samples) == 1
