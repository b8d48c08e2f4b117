"""How much of the leader's time a batch system takes, beside Toil's single_machine.

    python python/tests/benchmark.py [--jobs 10000] [--endpoint local:2]

With the endpoint of a real Mesos, and pymesos (on Python 3.10: pip install pymesos http-parser),
Toil's own Mesos support is measured there, too.
"""

from __future__ import annotations

import argparse
import statistics
import time

import conftest
from batch_systems import GIB, batch_system, config, job
from toil.batchSystems.singleMachine import SingleMachineBatchSystem


def issue(system, count: int, **needs) -> list[float]:
    """Return how long each call took."""
    times = []
    described = [job(f"job {number}", **needs) for number in range(count)]
    for each in described:
        start = time.perf_counter()
        system.issueBatchJob("true", each)
        times.append(time.perf_counter() - start)
    return times


def hand_over(system, path, count: int = 20) -> list[float]:
    """Return the time from the end of a command to its result at the leader."""
    times = []
    for _ in range(count):
        system.issueBatchJob(f"date +%s.%N > {path}", job())
        result = None
        while result is None:
            result = system.getUpdatedBatchJob(1)
        times.append(time.time() - float(path.read_text()))
    return times


def measure(name: str, system, jobs: int, cores: float) -> None:
    """Print a line of the table."""
    path = conftest.HOME / "ended"
    ended = statistics.median(hand_over(system, path)) * 1000
    # These do not start: what is measured is the leader's time alone.
    system.issueBatchJob("sleep 600", job(cores=cores))
    times = issue(system, jobs, cores=cores)
    median = statistics.median(times) * 1000
    print(f"{name:16} {median:10.3f} ms {ended:10.1f} ms {sum(times):10.2f} s")


def built_in_class():
    """Return Toil's own Mesos support, where it can be loaded."""
    try:
        from toil.batchSystems.mesos.batchSystem import (  # noqa: PLC0415 (needs pymesos)
            MesosBatchSystem,
        )
    except ImportError as error:
        print(f"Toil's own Mesos support is left out: {error}")
        return None
    return MesosBatchSystem


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--endpoint", default=conftest.ENDPOINT)
    options = parser.parse_args()
    print(f"{'':16} {'issueBatchJob':>13} {'end to result':>13} {options.jobs:>6} issued")
    with batch_system(mesos_endpoint=options.endpoint) as mesos:
        measure("mesos", mesos, options.jobs, 60)
        mesos.killBatchJobs(mesos.getIssuedBatchJobIDs())
    built_in = built_in_class()
    if built_in and not options.endpoint.startswith("local"):
        theirs = built_in(config(mesos_endpoint=options.endpoint), 64, 64 * GIB, GIB)
        try:
            measure("mesos (pymesos)", theirs, options.jobs, 60)
        finally:
            theirs.shutdown()
    single = SingleMachineBatchSystem(config(), 64, 64 * GIB, GIB)
    try:
        measure("single_machine", single, options.jobs, single.maxCores)
    finally:
        single.shutdown()
    conftest.pytest_sessionfinish()


if __name__ == "__main__":
    main()
