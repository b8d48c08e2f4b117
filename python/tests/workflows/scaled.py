"""A workflow on an embedded Mesos that Toil's autoscaler gives its nodes."""

import time
from pathlib import Path
from types import SimpleNamespace

import toil.common
import toil.leader
from toil.batchSystems.abstractBatchSystem import AbstractScalableBatchSystem
from toil.common import Toil
from toil.job import Job
from toil.provisioners import clusterScaler

SMALL = {"cores": 1, "memory": "100M", "disk": "10M"}

#: Each job has a node of its own, up to two of them.
SCALING = {
    "provisioner": "aws",  # of those that Toil knows; it is replaced below
    "nodeTypes": [({"small"}, None)],
    "maxNodes": [2],
    "scaleInterval": 1,
    "targetTime": 0.5,
    "betaInertia": 0.0,
    "assume_zero_overhead": True,
}


def nap(job):
    time.sleep(3)
    return 1


def naps(job):
    children = [job.addChildJobFn(nap, **SMALL).rv() for _ in range(3)]
    return job.addFollowOnJobFn(total, children, **SMALL).rv()


def total(job, numbers):
    return sum(numbers)


def main():
    from elastic_cluster import ElasticCluster  # noqa: PLC0415 (on the leader only)

    parser = Job.Runner.getDefaultArgumentParser()
    parser.add_argument("--place", type=Path)
    options = parser.parse_args()
    cluster = ElasticCluster(options.place)
    toil.common.cluster_factory = lambda **_: cluster
    # Toil 9.6.0 uses this name there and does not import it: no workflow scales without.
    toil.leader.AbstractScalableBatchSystem = AbstractScalableBatchSystem
    # Statistics are taken each minute.
    often = SimpleNamespace(time=time.time, sleep=lambda seconds: time.sleep(seconds / 60))
    clusterScaler.time = often
    for name, value in {**SCALING, **cluster.options}.items():
        setattr(options, name, value)
    try:
        with Toil(options) as leader:
            print("RESULT:", leader.start(Job.wrapJobFn(naps, **SMALL)))
    finally:
        print("NODES:", ", ".join(cluster.history))
        cluster.close()


if __name__ == "__main__":
    main()
