"""What a leader costs: requests are shared by jobs, and none of them polls."""

from __future__ import annotations

import threading
import time

import pytest
from batch_systems import batch_system, collect, job

from toil_batch_system_mesos.batch_system import UPDATE_WAIT_SECONDS
from toil_batch_system_mesos.client import Client

COUNT = 300


@pytest.fixture
def requests(monkeypatch):
    """Record path, thread and answer of each request."""
    made = []
    request = Client.request

    def recorded(self, method, path, *arguments, **options):
        answer = request(self, method, path, *arguments, **options)
        made.append((f"{method} {path.partition('?')[0]}", threading.current_thread(), answer))
        return answer

    monkeypatch.setattr(Client, "request", recorded)
    return made


def answers(requests, name):
    return [answer for each, _, answer in requests if each == name]


def test_the_leader_neither_waits_for_requests_nor_polls(requests):
    with batch_system() as system:
        requests.clear()
        start = time.monotonic()
        for number in range(COUNT):
            system.issueBatchJob("true", job(f"job {number}"))
            assert len(system.getIssuedBatchJobIDs()) == number + 1
        collect(system, COUNT)
        seconds = time.monotonic() - start
    mine = threading.current_thread()
    assert [name for name, thread, _ in requests if thread is mine] == []
    issued = answers(requests, "POST /v1/jobs")
    assert sum(len(each["jobIDs"]) for each in issued) == COUNT
    assert len(issued) < COUNT, "jobs that are issued during a request share the next one"
    reports = [len(each["updates"]) for each in answers(requests, "GET /v1/updates")]
    assert sum(reports) == COUNT
    # An empty answer is one that nothing was to be said in for all of its time.
    assert reports.count(0) <= seconds / UPDATE_WAIT_SECONDS + 1
