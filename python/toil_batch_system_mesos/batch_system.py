"""Toil's batch system ``mesos``: a thin client of a toil-mesos scheduler of its own."""

from __future__ import annotations

import atexit
import inspect
import logging
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from toil.batchSystems.abstractBatchSystem import (
    AbstractScalableBatchSystem,
    BatchJobExitReason,
    InsufficientSystemResources,
    NodeInfo,
    UpdatedBatchJobInfo,
)
from toil.batchSystems.cleanup_support import BatchSystemCleanupSupport
from toil.bus import ExternalBatchIdMessage

from .errors import RequestError, ToilMesosError
from .options import MesosOptions, scheduler_options
from .scheduler_process import SchedulerProcess

if TYPE_CHECKING:
    from toil.common import Config
    from toil.job import JobDescription, Requirer
    from toil.resource import Resource

logger = logging.getLogger("toil.mesos")

#: A leader can issue jobs faster than they are sent one by one.
MAX_JOBS_PER_REQUEST = 1000

#: How long one request for results waits in the scheduler.
UPDATE_WAIT_SECONDS = 20

KILL_SECONDS = 600

#: An autoscaler stops ignoring a node right before it ends it: no job must start there in between.
UNIGNORED_REST_SECONDS = 30

MAX_NAME_CHARACTERS = 200

#: Toil's own name of that is for the limit of all jobs, ``--maxJobDuration``.
EXIT_REASONS = {"MAXJOBDURATION": "TIMELIMIT"}

#: What Toil asks about a node has the same names in the scheduler's answer.
NODE_FIELDS = inspect.signature(NodeInfo).parameters


class ToilMesosBatchSystem(MesosOptions, BatchSystemCleanupSupport, AbstractScalableBatchSystem):
    """Runs Toil's jobs on Mesos.

    Every decision about jobs is the scheduler's; this class translates. Its methods may be called
    from any thread.
    """

    @classmethod
    def supportsAutoDeployment(cls) -> bool:
        """Nodes fetch the user script."""
        return True

    def __init__(self, config: Config, maxCores: float, maxMemory: float, maxDisk: int) -> None:
        """Start a scheduler; it ends with this process.

        :raises ToilMesosError: when there is no scheduler, or it cannot register with Mesos.
        """
        super().__init__(config, maxCores, maxMemory, maxDisk)
        self._issued: set[int] = set()
        self._unsent: list[dict[str, Any]] = []
        self._first_unsent_id = 1
        self._sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="toil-mesos-jobs")
        self._lock = threading.Lock()
        self._updates: queue.Queue[UpdatedBatchJobInfo] = queue.Queue()
        self._failure: ToilMesosError | None = None
        self._stopping = threading.Event()
        try:
            self._scheduler = SchedulerProcess(scheduler_options(config))
        except BaseException:
            self.shutdownLocal()
            raise
        self._poller = threading.Thread(target=self._poll, name="toil-mesos-updates", daemon=True)
        self._poller.start()
        atexit.register(self._scheduler.stop)

    def setUserScript(self, userScript: Resource) -> None:
        """Deploy the user script to every node before its first job."""
        resource = userScript.pickle()
        self._request("PUT", "/v1/user-script", {"resource": resource})
        self._scheduler.add_options("--toil-resource", resource)

    def issueBatchJob(
        self,
        command: str,
        job_desc: JobDescription,
        job_environment: dict[str, str] | None = None,
    ) -> int:
        """Issue a job; it is sent at once, with those that were issued meanwhile."""
        self.check_resource_request(job_desc)
        job = {
            "command": command,
            "name": " ".join(str(job_desc).split())[:MAX_NAME_CHARACTERS],
            "cores": job_desc.cores,
            "memory": job_desc.memory,
            "disk": job_desc.disk,
            "preemptible": job_desc.preemptible,
            "local": job_desc.local and not self.config.run_local_jobs_on_workers,
            "accelerators": [
                {"kind": a["kind"], "count": a["count"]} for a in job_desc.accelerators
            ],
            "environment": {**self.environment, **(job_environment or {})},
        }
        if walltime := getattr(job_desc, "walltime", 0):  # Toil 9.0 has none
            job["timeLimit"] = f"{walltime}s"
        with self._lock:
            if self._failure is not None:
                raise self._failure
            job_id = self._first_unsent_id + len(self._unsent)
            self._issued.add(job_id)
            self._unsent.append(job)
        self._sender.submit(self._send)
        return job_id

    def killBatchJobs(self, jobIDs: list[int]) -> None:
        """Kill jobs, and return once they are dead; they are not reported any more."""
        with self._lock:
            ids = self._issued.intersection(jobIDs)
            self._issued -= ids
        self._sender.submit(self._send).result()
        answer = self._request("POST", "/v1/jobs/kill", {"jobIDs": [*ids]}, timeout=KILL_SECONDS)
        for job_id in answer["unconfirmed"]:
            logger.warning("Job %s is still being killed: Mesos has not confirmed it", job_id)

    def getIssuedBatchJobIDs(self) -> list[int]:
        """Return the jobs that have not been reported."""
        with self._lock:
            return list(self._issued)

    def getRunningBatchJobIDs(self) -> dict[int, float]:
        """Return the jobs whose command runs, with the seconds since it started."""
        running = {int(name): value for name, value in self._request("GET", "/v1/running").items()}
        with self._lock:
            return {job_id: running[job_id] for job_id in self._issued.intersection(running)}

    def getUpdatedBatchJob(self, maxWait: int) -> UpdatedBatchJobInfo | None:
        """Return the next finished job, or None if there is none within ``maxWait`` seconds."""
        deadline = time.monotonic() + maxWait
        while True:
            try:
                update = self._updates.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            with self._lock:
                if update.jobID in self._issued:  # killed jobs are not reported
                    self._issued.remove(update.jobID)
                    return update

    def getSchedulingStatusMessage(self) -> str | None:
        """Say what holds waiting jobs back."""
        return self._request("GET", "/v1/status")["message"] or None

    def getNodes(
        self,
        preemptible: bool | None = None,  # noqa: FBT001 (Toil's signature)
        timeout: int | None = 600,
    ) -> dict[str, NodeInfo]:
        """Return the nodes by private address; ``timeout=None`` means all ever seen."""
        query = {} if timeout is None else {"timeout": str(timeout)}
        if preemptible is not None:
            query["preemptible"] = str(preemptible).lower()
        nodes = self._request("GET", f"/v1/nodes?{urlencode(query)}")["nodes"]
        return {
            node["address"]: NodeInfo(**{name: node[name] for name in NODE_FIELDS})
            for node in nodes
        }

    def nodeInUse(self, nodeIP: str) -> bool:
        """Whether any job is on the node."""
        return bool(self._request("GET", _node_path(nodeIP, "in-use"))["inUse"])

    def ignoreNode(self, nodeAddress: str) -> None:
        """Stop sending jobs to the node."""
        self._request("PUT", _node_path(nodeAddress, "ignored"))

    def unignoreNode(self, nodeAddress: str) -> None:
        """Send jobs to the node again."""
        self._request("DELETE", _node_path(nodeAddress, f"ignored?rest={UNIGNORED_REST_SECONDS}"))

    def shutdown(self) -> None:
        """Kill what is left, remove the framework from Mesos and end the scheduler."""
        self._stopping.set()
        self._scheduler.stop()
        self.shutdownLocal()
        atexit.unregister(self._scheduler.stop)
        self._poller.join(timeout=UPDATE_WAIT_SECONDS)

    def _check_accelerator_request(self, requirer: Requirer) -> None:
        for each in requirer.accelerators:
            if each["kind"] != "gpu":
                details = [f"Mesos has GPUs only, not {each['kind']}."]
                raise InsufficientSystemResources(requirer, "accelerators", [], details=details)

    def _request(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a request, again if need be: every one of them may come twice.

        :raises ToilMesosError: when the scheduler refuses, or is lost.
        """
        while True:
            if self._failure is not None:
                raise self._failure
            try:
                return self._scheduler.client.request(method, path, body, **options)
            except OSError:
                self._scheduler.resume()

    def _send(self) -> None:
        """Send all jobs that were not sent yet."""
        while self._unsent:
            with self._lock:
                first_id, jobs = self._first_unsent_id, self._unsent[:MAX_JOBS_PER_REQUEST]
                self._unsent = self._unsent[MAX_JOBS_PER_REQUEST:]
                self._first_unsent_id += len(jobs)
            self._send_some(first_id, jobs)

    def _send_some(self, first_id: int, jobs: list[dict[str, Any]]) -> None:
        try:
            path = f"/v1/jobs?firstJobID={first_id}"
            self._request("POST", path, jobs, key=f"{first_id}-{len(jobs)}")
        except RequestError as error:
            if len(jobs) > 1:  # all are refused for one of them
                for number, job in enumerate(jobs):
                    self._send_some(first_id + number, [job])
                return
            logger.error("Job %s is refused: %s", first_id, error)  # noqa: TRY400
            self._updates.put(UpdatedBatchJobInfo(first_id, exitReason=BatchJobExitReason.ERROR))

    def _poll(self) -> None:
        """Move results from the scheduler into the queue, until the end."""
        acknowledged = 0
        while not self._stopping.is_set():
            path = f"/v1/updates?wait={UPDATE_WAIT_SECONDS}&ack={acknowledged}"
            try:
                answer = self._request("GET", path, timeout=2 * UPDATE_WAIT_SECONDS)
            except ToilMesosError as error:
                self._fail(error)
                return
            for update in answer["updates"]:
                self._report(update)
                acknowledged = update["number"]

    def _report(self, update: dict[str, Any]) -> None:
        job_id = int(update["jobID"])
        reason = BatchJobExitReason[EXIT_REASONS.get(update["exitReason"], update["exitReason"])]
        status, backing_id = int(update["exitStatus"]), str(update["backingId"])
        if self._outbox is not None:
            self._outbox.publish(ExternalBatchIdMessage(job_id, backing_id, type(self).__name__))
        if reason not in (BatchJobExitReason.FINISHED, BatchJobExitReason.KILLED):
            how = f"status {status}, {reason.name}, on node {update['node'] or 'none'}"
            how += f", task {backing_id}"
            if update["message"]:
                how += f": {update['message']}"
            if self.config.batch_logs_dir:
                how += f" (its output: {self.format_std_out_err_glob(job_id)})"
            logger.warning("Job %s (%s) ended with %s", job_id, update["name"], how)
        wall_time = update["wallTime"]
        self._updates.put(UpdatedBatchJobInfo(job_id, status, reason, wall_time, backing_id))

    def _fail(self, error: ToilMesosError) -> None:
        """Report every job as lost: no scheduler is left that could."""
        with self._lock:
            self._failure = error
            if self._stopping.is_set():
                return
            logger.error("%s; its %d jobs are lost", error, len(self._issued))
            for job_id in self._issued:
                self._updates.put(UpdatedBatchJobInfo(job_id, exitReason=BatchJobExitReason.LOST))


def _node_path(address: str, what: str) -> str:
    return f"/v1/nodes/{quote(address, safe='')}/{what}"
