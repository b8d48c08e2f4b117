"""Batch systems and jobs for tests, without a workflow around them."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager

from conftest import ENDPOINT, IS_EMBEDDED
from toil.common import Config
from toil.job import JobDescription

from toil_batch_system_mesos.batch_system import ToilMesosBatchSystem

GIB = 1 << 30


def config(**options) -> Config:
    """Return what Toil's options would make by default."""
    made = Config()
    made.workflowID = str(uuid.uuid4())
    made.cleanWorkDir = "always"
    made.batchSystem = "mesos"
    made.mesos_endpoint = ENDPOINT
    made.mesos_name = "toil"
    made.mesos_role = made.mesos_framework_id = None
    made.mesos_scheduler_args = "" if IS_EMBEDDED else "--set-env PATH"
    made.batch_logs_dir = made.workDir = made.coordination_dir = None
    made.noStdOutErr = made.run_local_jobs_on_workers = False
    made.max_jobs = made.max_local_jobs = 2
    made.scale = 1.0
    made.statePollingWait = 1
    for name, value in options.items():
        setattr(made, name, value)
    return made


@contextmanager
def batch_system(**options):
    """Open a batch system, and shut it down at the end."""
    opened = ToilMesosBatchSystem(config(**options), maxCores=64, maxMemory=64 * GIB, maxDisk=GIB)
    try:
        yield opened
    finally:
        opened.shutdown()


def job(name: str = "a job", *, local: bool = False, **needs) -> JobDescription:
    """Describe a small job."""
    requirements = {
        "cores": 0.1,
        "memory": 10_000_000,
        "disk": 1_000_000,
        "preemptible": False,
        "accelerators": [],
        "walltime": 0,
        **needs,
    }
    return JobDescription(requirements=requirements, jobName=name, unitName="", local=local)


def collect(system, count: int, seconds: float = 120) -> dict:
    """Wait for so many results; none may come twice."""
    results: dict = {}
    deadline = time.monotonic() + seconds
    while len(results) < count:
        assert time.monotonic() < deadline, f"only {len(results)} results of {count}"
        update = system.getUpdatedBatchJob(1)
        if update is not None:
            assert update.jobID not in results
            results[update.jobID] = update
    return results
