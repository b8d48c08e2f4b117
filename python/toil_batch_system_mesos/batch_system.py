"""Toil's batch system ``mesos``: a thin client of a toil-mesos scheduler of its own."""

from __future__ import annotations

import atexit
import contextlib
import logging
import queue
import threading
import time
import uuid
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
from .options import add_options, scheduler_options, set_options
from .scheduler_process import SchedulerProcess

if TYPE_CHECKING:
    from argparse import ArgumentParser, _ArgumentGroup

    from toil.batchSystems.options import OptionSetter
    from toil.common import Config
    from toil.job import JobDescription, Requirer
    from toil.resource import Resource

logger = logging.getLogger("toil.mesos")

#: A leader can issue jobs faster than they are sent one by one.
MAX_JOBS_PER_REQUEST = 1000

#: How long one request for results waits in the scheduler.
UPDATE_WAIT_SECONDS = 20

#: While local jobs run, too, results of both kinds are looked for this often.
LOCAL_POLL_SECONDS = 0.02

KILL_SECONDS = 600

NODE_FIELDS = (
    "coresUsed",
    "memoryUsed",
    "coresTotal",
    "memoryTotal",
    "requestedCores",
    "requestedMemory",
    "workers",
)
MAX_NAME_CHARACTERS = 200


class ToilMesosBatchSystem(BatchSystemCleanupSupport, AbstractScalableBatchSystem):
    """Runs Toil's jobs on Mesos.

    Every decision about jobs is the scheduler's; this class translates. Its methods may be called
    from any thread.
    """

    @classmethod
    def supportsAutoDeployment(cls) -> bool:
        """Nodes fetch the user script."""
        return True

    @classmethod
    def add_options(cls, parser: ArgumentParser | _ArgumentGroup) -> None:
        """Add the options of this batch system to Toil's."""
        add_options(parser)

    @classmethod
    def setOptions(cls, setOption: OptionSetter) -> None:
        """Copy the options into Toil's configuration."""
        set_options(setOption)

    def __init__(self, config: Config, maxCores: float, maxMemory: float, maxDisk: int) -> None:
        """Start a scheduler; it ends with this process.

        :raises ToilMesosError: when there is no scheduler, or it cannot register with Mesos.
        """
        super().__init__(config, maxCores, maxMemory, maxDisk)
        self._issued: set[int] = set()
        self._unsent: list[tuple[int, dict[str, Any]]] = []
        self._has_unsent = threading.Event()
        self._own_ids: dict[int, int] = {}  # by those that the scheduler gives
        self._sending = threading.Lock()
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
        threading.Thread(target=self._issue, name="toil-mesos-jobs", daemon=True).start()
        atexit.register(self._scheduler.stop)

    def setUserScript(self, userScript: Resource) -> None:
        """Deploy the user script to every node before its first job."""
        resource = userScript.pickle()
        self._request("PUT", "/v1/user-script", {"resource": resource})
        self._scheduler.add_options("--toil-resource", resource)

    def setEnv(self, name: str, value: str | None = None) -> None:
        """Set a variable for all jobs that are issued from now on."""
        super().setEnv(name, value)
        self.localBatch.setEnv(name, value)

    def issueBatchJob(
        self,
        command: str,
        job_desc: JobDescription,
        job_environment: dict[str, str] | None = None,
    ) -> int:
        """Issue a job; it is sent at once, with those that were issued meanwhile."""
        local_id = self.handleLocalJob(command, job_desc)
        if local_id is not None:
            with self._lock:
                self._issued.add(local_id)
            return local_id
        self.check_resource_request(job_desc)
        job = {
            "command": command,
            "name": " ".join(str(job_desc).split())[:MAX_NAME_CHARACTERS],
            "cores": job_desc.cores,
            "memory": job_desc.memory,
            "disk": job_desc.disk,
            "preemptible": job_desc.preemptible,
            "accelerators": [
                {"kind": each["kind"], "count": each["count"]} for each in job_desc.accelerators
            ],
            "environment": {**self.environment, **(job_environment or {})},
        }
        job_id = self.getNextJobID()
        with self._lock:
            if self._failure is not None:
                raise self._failure
            self._issued.add(job_id)
            self._unsent.append((job_id, job))
        self._has_unsent.set()
        return job_id

    def killBatchJobs(self, jobIDs: list[int]) -> None:
        """Kill jobs, and return once they are dead; they are not reported any more."""
        self.killLocalJobs(jobIDs)
        with self._lock:
            ours = self._issued.intersection(jobIDs)
            self._issued -= ours
        self._send()
        with self._lock:
            on_mesos = [theirs for theirs, own in self._own_ids.items() if own in ours]
        if on_mesos:
            body = {"jobIDs": on_mesos}
            answer = self._request("POST", "/v1/jobs/kill", body, timeout=KILL_SECONDS)
            for job_id in answer["unconfirmed"]:
                logger.warning("Job %s is still being killed: Mesos has not confirmed it", job_id)

    def getIssuedBatchJobIDs(self) -> list[int]:
        """Return the jobs that have not been reported."""
        with self._lock:
            return list(self._issued)

    def getRunningBatchJobIDs(self) -> dict[int, float]:
        """Return the jobs whose command runs, with the seconds since it started."""
        running = self._request("GET", "/v1/running")
        with self._lock:
            own = {self._own_ids.get(int(theirs)): value for theirs, value in running.items()}
            ours = {job_id: own[job_id] for job_id in self._issued.intersection(own)}
        return {**ours, **self.getRunningLocalJobIDs()}

    def getUpdatedBatchJob(self, maxWait: int) -> UpdatedBatchJobInfo | None:
        """Return the next finished job, or None if there is none within ``maxWait`` seconds."""
        deadline = time.monotonic() + maxWait
        while True:
            update = self.getUpdatedLocalJob(0)
            wait = max(0.0, deadline - time.monotonic())
            if self.getIssuedLocalJobIDs():
                wait = min(wait, LOCAL_POLL_SECONDS)
            with contextlib.suppress(queue.Empty):
                update = update or self._updates.get(timeout=wait)
            if update is None and time.monotonic() >= deadline:
                return None
            with self._lock:
                # Killed jobs are not reported.
                if update is not None and update.jobID in self._issued:
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
        self._request("DELETE", _node_path(nodeAddress, "ignored"))

    def shutdown(self) -> None:
        """Kill what is left, remove the framework from Mesos and end the scheduler."""
        self._stopping.set()
        self._has_unsent.set()
        self.shutdownLocal()
        self._scheduler.stop()
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
                self._resume()

    def _resume(self) -> None:
        try:
            self._scheduler.resume()
        except ToilMesosError as error:
            self._failure = error
            raise

    def _issue(self) -> None:
        """Send jobs as they are issued, until the end."""
        with contextlib.suppress(ToilMesosError):  # the other threads report that
            while not self._stopping.is_set():
                self._has_unsent.wait()
                self._has_unsent.clear()
                self._send()

    def _send(self) -> None:
        """Send all jobs that were not sent yet."""
        # The lock keeps the ends of these jobs back until their ids are known here.
        with self._sending:
            with self._lock:
                unsent, self._unsent = self._unsent, []
            for start in range(0, len(unsent), MAX_JOBS_PER_REQUEST):
                self._send_some(unsent[start : start + MAX_JOBS_PER_REQUEST])

    def _send_some(self, jobs: list[tuple[int, dict[str, Any]]]) -> None:
        try:
            body = [job for _, job in jobs]
            answer = self._request("POST", "/v1/jobs", body, key=uuid.uuid4().hex)
        except RequestError as error:
            if len(jobs) > 1:  # all are refused for one of them
                for each in jobs:
                    self._send_some([each])
                return
            logger.error("Job %s is refused: %s", jobs[0][0], error)  # noqa: TRY400
            refused = UpdatedBatchJobInfo(jobs[0][0], exitReason=BatchJobExitReason.ERROR)
            self._updates.put(refused)
            return
        with self._lock:
            ids = (job_id for job_id, _ in jobs)
            self._own_ids.update(zip(answer["jobIDs"], ids, strict=True))

    def _poll(self) -> None:
        """Move results from the scheduler into the queue, until the end."""
        acknowledged = 0
        while not self._stopping.is_set():
            path = f"/v1/updates?wait={UPDATE_WAIT_SECONDS}&ack={acknowledged}"
            try:
                answer = self._request("GET", path, timeout=2 * UPDATE_WAIT_SECONDS)
            except ToilMesosError as error:
                self._failure = error
                if not self._stopping.is_set():
                    self._lose_all(error)
                return
            for update in answer["updates"]:
                self._report(update)
                acknowledged = update["number"]

    def _report(self, update: dict[str, Any]) -> None:
        with self._sending, self._lock:
            job_id = self._own_ids.pop(update["jobID"], None)
        if job_id is None:
            return  # it came before, and the acknowledgement was lost
        reason = BatchJobExitReason[update["exitReason"]]
        backing_id = str(update["backingId"])
        if self._outbox is not None:
            self._outbox.publish(ExternalBatchIdMessage(job_id, backing_id, type(self).__name__))
        if reason not in (BatchJobExitReason.FINISHED, BatchJobExitReason.KILLED):
            logger.warning(
                "Job %s (%s) ended with status %s, %s, on node %s%s%s",
                job_id,
                update["name"],
                update["exitStatus"],
                reason.name,
                update["node"] or "none",
                f": {update['message']}" if update["message"] else "",
                f" (its output: {self.format_std_out_err_glob(update['jobID'])})"
                if self.config.batch_logs_dir
                else "",
            )
        info = UpdatedBatchJobInfo(
            jobID=job_id,
            exitStatus=int(update["exitStatus"]),
            exitReason=reason,
            wallTime=update["wallTime"],
            backing_id=backing_id,
        )
        self._updates.put(info)

    def _lose_all(self, error: ToilMesosError) -> None:
        """Report every job as lost: no scheduler is left that could."""
        with self._lock:
            logger.error("%s; its %d jobs are lost", error, len(self._issued))
            for job_id in self._issued.difference(self.getIssuedLocalJobIDs()):
                lost = UpdatedBatchJobInfo(jobID=job_id, exitReason=BatchJobExitReason.LOST)
                self._updates.put(lost)


def _node_path(address: str, what: str) -> str:
    return f"/v1/nodes/{quote(address, safe='')}/{what}"
