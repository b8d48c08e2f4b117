"""What Toil's leader and autoscaler rely on: its contract with every batch system."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter

import pytest
from batch_systems import GIB, batch_system, collect, job
from conftest import ends, processes, wait_for
from toil.batchSystems.abstractBatchSystem import (
    BatchJobExitReason,
    InsufficientSystemResources,
    NodeInfo,
)
from toil.batchSystems.registry import get_batch_system, get_batch_systems
from toil.bus import ExternalBatchIdMessage, MessageBus

from toil_batch_system_mesos.batch_system import ToilMesosBatchSystem


@pytest.fixture(scope="module")
def system():
    """Share one batch system among tests that leave it as it was."""
    with batch_system() as opened:
        yield opened


def is_running(system, job_id):
    return lambda: job_id in system.getRunningBatchJobIDs()


def test_it_replaces_the_built_in_batch_system():
    assert "mesos" in get_batch_systems()
    assert get_batch_system("mesos") is ToilMesosBatchSystem
    assert ToilMesosBatchSystem.supportsAutoDeployment()
    assert ToilMesosBatchSystem.supportsWorkerCleanup()


def test_jobs_are_reported_once_with_status_and_time(system):
    assert system.getIssuedBatchJobIDs() == []
    statuses = [0, 1, 33, 76, 255]
    issued = {system.issueBatchJob(f"exit {status}", job()): status for status in statuses}
    assert all(type(job_id) is int for job_id in issued)
    assert set(system.getIssuedBatchJobIDs()) == set(issued)
    results = collect(system, len(issued))
    assert {job_id: each.exitStatus for job_id, each in results.items()} == issued
    for job_id, result in results.items():
        assert result.wallTime > 0
        assert result.exitReason.name == ("FAILED" if issued[job_id] else "FINISHED")
        assert result.backing_id
    assert system.getIssuedBatchJobIDs() == []
    assert system.getUpdatedBatchJob(0) is None


def test_every_reason_of_the_scheduler_has_one_of_toil():
    reasons = "FINISHED FAILED LOST KILLED ERROR MEMLIMIT MISSING MAXJOBDURATION PARTITION"
    assert all(reason in BatchJobExitReason.__members__ for reason in reasons.split())


def test_running_jobs_have_a_time(system, place):
    job_id = system.issueBatchJob(f"touch {place}/began; sleep 600", job())
    wait_for(is_running(system, job_id), "running job")
    wait_for((place / "began").exists, "command under way")
    first = system.getRunningBatchJobIDs()[job_id]
    assert 0 <= first < 60
    wait_for(lambda: system.getRunningBatchJobIDs()[job_id] > first, "passing of time")
    system.killBatchJobs([job_id])


def test_killed_jobs_are_not_reported(system):
    running = system.issueBatchJob("sleep 600", job())
    waiting = system.issueBatchJob("sleep 600", job(cores=60))
    local = system.issueBatchJob("sleep 600", job(local=True))
    wait_for(is_running(system, running), "running job")
    wait_for(is_running(system, local), "running local job")
    system.killBatchJobs([running, waiting, local, 123_456])
    assert system.getRunningBatchJobIDs() == {}
    assert system.getIssuedBatchJobIDs() == []
    assert system.getUpdatedBatchJob(0) is None
    after = system.issueBatchJob("true", job())
    assert set(collect(system, 1)) == {after}


def test_results_that_wait_are_not_reported_after_a_kill(system):
    job_id = system.issueBatchJob("true", job())
    wait_for(lambda: not system._updates.empty(), "result")
    system.killBatchJobs([job_id])
    assert system.getUpdatedBatchJob(0) is None


def test_the_environment_reaches_jobs(system, place, monkeypatch):
    monkeypatch.setenv("INHERITED", "from the leader")
    system.setEnv("SET", 'it\'s "quoted" $HOME')
    system.setEnv("INHERITED")
    with pytest.raises(RuntimeError, match="NOWHERE"):
        system.setEnv("NOWHERE")
    command = f'printf "%s\\n" "$SET" "$INHERITED" "$OWN" > {place}/'
    system.issueBatchJob(f"{command}on-mesos", job(), {"OWN": "of the job"})
    system.issueBatchJob(f"{command}without", job(), {"INHERITED": "of the job"})
    system.issueBatchJob(f"{command}local", job(local=True))
    collect(system, 3)
    quoted = 'it\'s "quoted" $HOME'
    lines = {path.name: path.read_text().splitlines() for path in place.iterdir()}
    assert lines["on-mesos"] == [quoted, "from the leader", "of the job"]
    assert lines["without"] == [quoted, "of the job", ""]
    assert lines["local"] == [quoted, "from the leader", ""]


def test_a_job_that_takes_longer_than_it_may_is_ended(system):
    job_id = system.issueBatchJob("sleep 600", job(walltime=1))
    result = collect(system, 1)[job_id]
    assert result.exitReason is BatchJobExitReason.TIMELIMIT
    assert 1 <= result.wallTime < 60


def test_local_jobs_share_the_ids_and_results(system):
    ids = [system.issueBatchJob(f"exit {n}", job(local=n % 2 == 0)) for n in range(6)]
    assert len(set(ids)) == len(ids)
    results = collect(system, 6)
    assert [results[job_id].exitStatus for job_id in ids] == list(range(6))


@pytest.mark.parametrize("needs", [{"cores": 65}, {"memory": 65 * GIB}, {"disk": 2 * GIB}])
def test_jobs_that_ask_for_too_much_are_refused(system, needs):
    with pytest.raises(InsufficientSystemResources, match=next(iter(needs))):
        system.issueBatchJob("true", job("greedy", **needs))
    assert system.getIssuedBatchJobIDs() == []


def test_other_accelerators_than_gpus_are_refused(system):
    needs = {"accelerators": [{"kind": "fpga", "count": 1}]}
    with pytest.raises(InsufficientSystemResources, match="Mesos has GPUs only"):
        system.issueBatchJob("true", job(**needs))


def test_what_waits_says_why(system):
    assert system.getSchedulingStatusMessage() is None
    job_id = system.issueBatchJob("true", job(cores=63))
    message = wait_for(system.getSchedulingStatusMessage, "message")
    assert "63 cores" in message
    system.killBatchJobs([job_id])


def test_gpu_jobs_wait_for_a_gpu(system):
    job_id = system.issueBatchJob("true", job(accelerators=[{"kind": "gpu", "count": 1}]))
    assert "GPU" in wait_for(system.getSchedulingStatusMessage, "message")
    system.killBatchJobs([job_id])


def test_nodes_have_addresses_and_their_state(system):
    nodes = wait_for(lambda: system.getNodes(timeout=None), "node")
    assert len(nodes) >= 1
    assert nodes.keys() == system.getNodes(preemptible=False, timeout=None).keys()
    assert system.getNodes(preemptible=True) == {}
    for address, node in nodes.items():
        assert address.count(".") == 3
        assert isinstance(node, NodeInfo)
        assert 0 <= node.coresUsed <= 1
        assert 0 <= node.memoryUsed <= 1
        assert node.coresTotal >= 1
        assert node.memoryTotal > 0


def test_a_node_in_use_knows_its_jobs(system):
    job_id = system.issueBatchJob("sleep 600", job(cores=0.5, memory=50_000_000))
    wait_for(is_running(system, job_id), "running job")
    used = [address for address in system.getNodes() if system.nodeInUse(address)]
    assert len(used) == 1
    node = system.getNodes()[used[0]]
    assert node.workers == 1
    assert node.requestedCores >= 0.5
    assert node.requestedMemory >= 50_000_000
    assert not system.nodeInUse("192.0.2.1")
    system.killBatchJobs([job_id])
    assert not system.nodeInUse(used[0])


def test_ignored_nodes_get_no_jobs(system, monkeypatch):
    monkeypatch.setattr("toil_batch_system_mesos.batch_system.UNIGNORED_REST_SECONDS", 0)
    nodes = wait_for(lambda: system.getNodes(timeout=None), "node")
    for address in nodes:
        system.ignoreNode(address)
    job_id = system.issueBatchJob("true", job())
    wait_for(system.getSchedulingStatusMessage, "message")
    assert not is_running(system, job_id)()
    assert system.getUpdatedBatchJob(0) is None
    for address in nodes:
        system.unignoreNode(address)
    system.unignoreNode("192.0.2.1")
    assert set(collect(system, 1)) == {job_id}


def test_any_thread_may_call(system):
    seen: list[int] = []
    issued: list[int] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def caller(work):
        def body():
            try:
                work()
            except BaseException as error:  # noqa: BLE001 (told by the test)
                failures.append(error)

        return threading.Thread(target=body)

    def issue():
        issued.extend(system.issueBatchJob("true", job(cores=0.01)) for _ in range(10))

    def take():
        while not done.is_set():
            update = system.getUpdatedBatchJob(0)
            if update is not None:
                seen.append(update.jobID)

    def look():
        while not done.is_set():
            for address in system.getNodes(timeout=None):
                system.nodeInUse(address)
            system.getRunningBatchJobIDs()
            system.getIssuedBatchJobIDs()

    threads = [caller(work) for work in (issue, issue, issue, take, take, look)]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: failures or len(seen) >= 30, "30 results", 120)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert Counter(seen) == Counter(issued)
    assert system.getIssuedBatchJobIDs() == []


def test_a_lost_executor_loses_its_jobs(system, place):
    job_id = system.issueBatchJob(f"echo $PPID > {place}/executor; sleep 600", job())
    path = place / "executor"
    wait_for(is_running(system, job_id), "running job")
    wait_for(lambda: path.exists() and path.read_text().strip(), "executor")
    os.kill(int(path.read_text()), signal.SIGKILL)
    result = collect(system, 1)[job_id]
    assert result.exitReason is BatchJobExitReason.LOST
    assert result.exitStatus == 255


def test_output_goes_to_the_directory_of_batch_logs(place):
    with batch_system(batch_logs_dir=str(place)) as system:
        with pytest.raises(InsufficientSystemResources):
            system.issueBatchJob("true", job(cores=65))
        refused = system.issueBatchJob("true\0", job())
        job_id = system.issueBatchJob("echo out; echo err >&2; exit 1", job())
        results = collect(system, 2)
        assert results[refused].exitReason is BatchJobExitReason.ERROR
        result = results[job_id]
        logs = {path.name: path.read_text() for path in place.glob("*.log")}
        for std in ("out", "err"):
            path = system.format_std_out_err_path(job_id, result.backing_id, std)
            assert logs.pop(os.path.basename(path)) == f"{std}\n"  # noqa: PTH119
        assert logs == {}


def test_the_scheduler_logs_where_the_leader_does(caplog):
    caplog.set_level("INFO")
    with batch_system():
        wait_for(lambda: "Registered with Mesos" in caplog.text, "line of the scheduler")


def test_the_message_bus_learns_the_ids_of_mesos():
    bus = MessageBus()
    inbox = bus.connect([ExternalBatchIdMessage])
    with batch_system(noStdOutErr=True) as system:
        system.set_message_bus(bus)
        job_id = system.issueBatchJob("true", job())
        result = collect(system, 1)[job_id]
        bus.check()
        told = list(inbox.for_each(ExternalBatchIdMessage))
    assert [(each.toil_batch_id, each.external_batch_id) for each in told] == [
        (job_id, result.backing_id)
    ]


def test_a_failed_job_is_told_with_the_end_of_its_output(system, caplog):
    job_id = system.issueBatchJob("echo the reason >&2; exit 7", job("the failing one"))
    task_id = collect(system, 1)[job_id].backing_id
    assert f", task {task_id}: " in caplog.text
    assert "the failing one" in caplog.text
    assert "status 7, FAILED" in caplog.text
    assert "the reason" in caplog.text


def test_shutdown_ends_jobs_and_scheduler(place):
    with batch_system() as system:
        job_id = system.issueBatchJob(f"echo $$ > {place}/job; exec sleep 600", job())
        wait_for(is_running(system, job_id), "running job")
        pid = int(wait_for((place / "job").read_text, "process"))
        directory = system._scheduler._directory
        assert processes(str(directory))
        system.shutdown()
        wait_for(lambda: ends(pid), "end of the job")
        assert processes(str(directory)) == []
        assert not directory.exists()


def test_waiting_for_a_result_ends_in_time(system):
    start = time.monotonic()
    assert system.getUpdatedBatchJob(1) is None
    assert 1 <= time.monotonic() - start < 30
