"""An embedded Mesos whose nodes Toil's autoscaler starts and ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING

from toil.provisioners.abstractProvisioner import AbstractProvisioner, Shape
from toil.provisioners.node import Node

if TYPE_CHECKING:
    from pathlib import Path

#: The checkout, whose embedded Mesos it is.
ROOT = os.environ.get("TOIL_MESOS_TEST_ROOT")

MEBIBYTE = 1 << 20
NODE_TYPE = "small"
SINCE = "2026-01-01T00:00:00Z"
NODE_RESOURCES = "cpus:1;mem:1024;disk:1024"


class ElasticCluster(AbstractProvisioner):
    """A provisioner; its nodes are the agents of a Mesos of its own, at first none."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._nodes: dict[str, Node] = {}
        #: All that was done, in order.
        self.history: list[str] = []
        options = ["--quiet", "--allow-all", "--no-check", "--config", f"{ROOT}/deno.json"]
        script = f"{ROOT}/tests/kit/elastic_cluster.ts"
        self._process = subprocess.Popen(
            [str(shutil.which("deno")), "run", *options, script, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        #: What Toil has to know of it.
        self.options = {
            "mesos_endpoint": self._answer(),
            "mesos_principal": "toil-mesos",
            "mesos_secret_file": str(directory / "secret"),
            "mesos_scheduler_args": "--set-env PATH",
        }

    def close(self) -> None:
        """End all agents and the master."""
        self._process.stdin.close()
        assert self._process.wait(60) == 0
        self._process.stdout.close()

    def addNodes(self, nodeTypes, numNodes, preemptible, spotBid=None):
        for _ in range(numNodes):
            free = (f"127.0.0.{number}" for number in range(2, 255))
            address = next(each for each in free if each not in self._nodes)
            self._tell("start", address, NODE_RESOURCES)
            self._nodes[address] = Node(address, address, address, SINCE, NODE_TYPE, preemptible)
        return numNodes

    def terminateNodes(self, nodes):
        for node in nodes:
            self._tell("stop", node.privateIP)
            del self._nodes[node.privateIP]

    def getProvisionedWorkers(self, instance_type=None, preemptible=None):
        return [node for node in self._nodes.values() if preemptible in (None, node.preemptible)]

    def getNodeShape(self, instance_type, preemptible=False):  # noqa: FBT002
        memory = disk = 800 * MEBIBYTE  # less what an executor takes
        return Shape(3600, memory, 1, disk, preemptible)

    def supportedClusterTypes(self):
        return {"mesos"}

    def readClusterSettings(self):
        pass

    def createClusterSettings(self):
        pass

    def launchCluster(self):
        pass

    def getLeader(self):
        pass

    def destroyCluster(self):
        pass

    def _tell(self, *words: str) -> None:
        with self._lock:
            self._process.stdin.write(" ".join(words) + "\n")
            self._process.stdin.flush()
            answer = self._answer()
        assert answer.endswith(words[1]), answer
        self.history.append(answer)

    def _answer(self) -> str:
        return self._process.stdout.readline().strip()
