"""Toil itself, as its users run it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ENDPOINT, IS_EMBEDDED, ends, processes, run, wait_for

WORKFLOWS = Path(__file__).parent / "workflows"
MESOS = ["--batchSystem", "mesos", "--mesosEndpoint", ENDPOINT]
if not IS_EMBEDDED:
    MESOS.append("--mesosSchedulerArgs=--set-env PATH")
FAST = ["--retryBackoffSeconds", "0", "--statePollingWait", "1"]


def command(name, place, *options):
    return [
        *[sys.executable, WORKFLOWS / "tutorial.py", f"file:{place}/store"],
        *["--workflow", name, "--place", place],
        *MESOS,
        *FAST,
        *options,
    ]


def workflow(name, place, *options, **how):
    return run(*command(name, place, *options), cwd=place, **how).stdout


def start(name, place, *options):
    words = [str(word) for word in command(name, place, *options)]
    log = (place / "leader.log").open("w")
    return subprocess.Popen(words, cwd=place, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def toil(place, *words, **how):
    return run(Path(sys.executable).parent / "toil", *words, cwd=place, **how).stdout


def nothing_is_left(place):
    wait_for(lambda: not processes(str(place)), "end of all processes")


def test_hello_world(place):
    assert "RESULT: Hello, world" in workflow("hello", place)
    assert not (place / "store").exists()


def test_files_are_staged_in_and_out(place):
    workflow("files", place)
    assert (place / "out").read_text() == "zero one two"


def test_services_run_beside_their_clients(place):
    workflow("services", place, "--servicePollingInterval", "1")
    assert (place / "ticks").read_text() == "stopped"


def test_promises(place):
    assert "RESULT: 10" in workflow("promises", place)


@pytest.mark.slow
def test_a_dynamic_workflow_of_200_jobs_with_retries(place):
    text = workflow("dynamic", place, "--retryCount", "2", seconds=600)
    assert f"RESULT: {sum(range(200))}" in text
    assert "fails once" in text


def test_a_failure_is_told_with_the_end_of_its_output(place):
    (place / "bin").mkdir()
    (place / "bin" / "_toil_worker").write_text("#!/bin/sh\necho no such library >&2; exit 9\n")
    (place / "bin" / "_toil_worker").chmod(0o755)
    path = f"{place}/bin:{os.environ['PATH']}"
    text = workflow("hello", place, "--retryCount", "0", check=False, PATH=path)
    assert "status 9, FAILED" in text
    assert "no such library" in text


def test_output_is_kept_with_batch_logs(place):
    logs = place / "logs"
    text = workflow("fail", place, "--retryCount", "0", "--batchLogsDir", logs, check=False)
    assert "status 42, FAILED" in text
    assert list(logs.glob("toil_*.log"))


def test_status_and_kill(place):
    leader = start("sleep", place)
    wait_for((place / "began").exists, "job under way")
    workers = wait_for(lambda: processes("_toil_worker", str(place)), "worker")
    assert "jobs considered" in toil(place, "status", f"file:{place}/store")
    toil(place, "kill", f"file:{place}/store")
    assert leader.wait(120) != 0
    for pid in workers:
        wait_for(lambda pid=pid: ends(pid), "end of the worker")
    nothing_is_left(place)


def test_restart_after_the_leader_was_killed(place):
    leader = start("two_steps", place)
    wait_for((place / "began").exists, "second step")
    leader.kill()
    leader.wait()
    # Scheduler, executors and jobs end with it.
    nothing_is_left(place)
    (place / "go").touch()
    assert "RESULT: slept" in workflow("two_steps", place, "--restart")
    assert (place / "steps").read_text() == "first\n"


def test_a_job_is_retried_after_its_executor_was_killed(place):
    leader = start("sleep", place, "--retryCount", "1")
    wait_for((place / "began").exists, "job under way")
    (place / "began").unlink()
    [worker, *_] = processes("_toil_worker", str(place))
    # The job, its shell, the executor.
    parent = worker
    while b"executor" not in Path(f"/proc/{parent}/cmdline").read_bytes():
        parent = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    wait_for((place / "began").exists, "second try")
    (place / "go").touch()
    assert leader.wait(120) == 0, (place / "leader.log").read_text()
    text = (place / "leader.log").read_text()
    assert "LOST" in text
    assert "RESULT: slept" in text


def test_a_workflow_goes_on_after_the_scheduler_was_killed(place):
    leader = start("sleep", place, "--retryCount", "2")
    wait_for((place / "began").exists, "job under way")
    (place / "go").touch()
    schedulers = processes("--end-with-stdin", str(place))
    for pid in schedulers:
        os.kill(pid, signal.SIGKILL)
    assert leader.wait(180) == 0, (place / "leader.log").read_text()
    text = (place / "leader.log").read_text()
    assert "resuming it" in text
    assert "RESULT: slept" in text


def test_max_local_jobs(place):
    assert "RESULT: 1" in workflow("local", place, "--maxLocalJobs", "1")


@pytest.fixture
def memory_group():
    """Give a control group for executors, as a Mesos agent with the isolator cgroups/mem does."""
    groups = dict(
        line.split(":")[1:3] for line in Path("/proc/self/cgroup").read_text().splitlines()
    )
    path = Path(
        "/sys/fs/cgroup/memory" + groups.get("memory", "")
        if "memory" in groups
        else "/sys/fs/cgroup"
    )
    group = path / f"toil-mesos-test-{os.getpid()}"
    limit = group / ("memory.limit_in_bytes" if "memory" in groups else "memory.max")
    try:
        group.mkdir()
        limit.write_text(str(320 << 20))
    except OSError as error:
        pytest.skip(f"needs a control group of its own: {error}")
    yield group
    wait_for(lambda: not (group / "cgroup.procs").read_text(), "end of the executors")
    group.rmdir()


@pytest.mark.skipif(not IS_EMBEDDED, reason="has an executor command for nodes of this host")
def test_memory_is_doubled_for_a_job_that_ran_out_of_it(place, memory_group):
    # The embedded Mesos limits nothing.
    executor = place / "executor"
    program = os.environ["TOIL_MESOS_BIN"]
    executor.write_text(
        f"#!/bin/sh\necho $$ > {memory_group}/cgroup.procs\nexec {program} executor\n"
    )
    executor.chmod(0o755)
    arguments = f"--mesosSchedulerArgs=--executor-command {executor}"
    options = ["--retryCount", "2", "--doubleMem=True", "--defaultMemory", "128Mi", arguments]
    text = workflow("hog_once", place, *options)
    assert "MEMLIMIT" in text
    assert (place / "tries").read_text().splitlines() == [str(256 << 20), str(512 << 20)]


@pytest.mark.skipif(
    "TOIL_MESOS_TEST_CGROUPS" not in os.environ,
    reason="needs TOIL_MESOS_TEST_CGROUPS: a Mesos with the isolator cgroups/mem",
)
def test_memory_is_doubled_by_a_mesos_that_limits_it(place):
    options = ["--retryCount", "2", "--doubleMem=True", "--defaultMemory", "128Mi"]
    text = workflow("hog", place, *options)
    assert "MEMLIMIT" in text
    assert f"RESULT: {300 << 20}" in text
    assert len((place / "tries").read_text().splitlines()) == 2


def test_a_node_without_the_script_gets_it(place):
    # Toil deploys the whole directory of a script.
    script = place / "scripts" / "only_on_the_leader.py"
    script.parent.mkdir()
    script.write_text(
        "from toil.common import Toil\n"
        "from toil.job import Job\n"
        "def where(job):\n"
        "    return __file__\n"
        "if __name__ == '__main__':\n"
        "    with Toil(Job.Runner.getDefaultArgumentParser().parse_args()) as toil:\n"
        "        print('RESULT:', toil.start(Job.wrapJobFn(where, memory='100M', disk='10M')))\n"
    )
    words = [sys.executable, script, f"file:{place}/store", *MESOS, *FAST]
    deployed = run(*words, cwd=place).stdout.partition("RESULT: ")[2].split()[0]
    assert deployed.endswith("only_on_the_leader.py")
    assert Path(deployed) != script
    shutil.rmtree(place / "store", ignore_errors=True)
    local = run(*words, "--disableAutoDeployment=True", cwd=place).stdout
    assert f"RESULT: {script}" in local


def test_a_node_without_the_package_gets_it(place):
    package = place / "leader_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "helper.py").write_text("def where():\n    return __file__\n")
    (package / "main.py").write_text(
        "from toil.common import Toil\n"
        "from toil.job import Job\n"
        "from leader_package.helper import where\n"
        "def job(job):\n"
        "    return where()\n"
        "if __name__ == '__main__':\n"
        "    with Toil(Job.Runner.getDefaultArgumentParser().parse_args()) as toil:\n"
        "        print('RESULT:', toil.start(Job.wrapJobFn(job, memory='100M', disk='10M')))\n"
    )
    words = [sys.executable, "-m", "leader_package.main", f"file:{place}/store", *MESOS, *FAST]
    deployed = run(*words, cwd=place).stdout.partition("RESULT: ")[2].split()[0]
    assert deployed.endswith("leader_package/helper.py")
    assert not deployed.startswith(str(place / "leader_package"))


def test_a_node_without_the_virtualenv_gets_its_packages(place):
    run(sys.executable, "-m", "venv", "--without-pip", place / "venv", cwd=place)
    [site] = (place / "venv" / "lib").glob("python*/site-packages")
    toils = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "of_the_nodes.pth").write_text(f"{toils}\n")
    package = site / "leader_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (site / "leader_library.py").write_text("def where():\n    return __file__\n")
    (package / "main.py").write_text(
        "from toil.common import Toil\n"
        "from toil.job import Job\n"
        "from leader_library import where\n"
        "def job(job):\n"
        "    return where()\n"
        "if __name__ == '__main__':\n"
        "    with Toil(Job.Runner.getDefaultArgumentParser().parse_args()) as toil:\n"
        "        print('RESULT:', toil.start(Job.wrapJobFn(job, memory='100M', disk='10M')))\n"
    )
    python = place / "venv" / "bin" / "python"
    words = [python, "-m", "leader_package.main", f"file:{place}/store", *MESOS, *FAST]
    deployed = run(*words, cwd=place).stdout.partition("RESULT: ")[2].split()[0]
    assert deployed.endswith("leader_library.py")
    assert not deployed.startswith(str(place / "venv"))


def runner(name):
    path = Path(sys.executable).parent / f"toil-{name}-runner"
    if not path.exists():
        pytest.skip(f"needs toil[{name}]")
    return path


def test_a_cwl_workflow(place):
    cwl = runner("cwl")
    (place / "in.txt").write_text("to be counted\n")
    words = [cwl, "--jobStore", f"file:{place}/store", *MESOS, *FAST]
    words += ["--outdir", place / "out", WORKFLOWS / "count.cwl", "--text", place / "in.txt"]
    answer = run(*words, cwd=place).stdout
    assert (place / "out" / "count.txt").read_text().strip() == "3"
    assert "count.txt" in answer


def test_a_wdl_workflow(place):
    wdl = runner("wdl")
    (place / "in.txt").write_text("to be\ncounted\n")
    (place / "in.json").write_text(json.dumps({"counting.texts": [str(place / "in.txt")] * 3}))
    words = [wdl, WORKFLOWS / "count.wdl", place / "in.json", *MESOS, *FAST]
    words += ["-o", place / "out", "-m", place / "out.json", "--jobStore", f"file:{place}/store"]
    run(*words, cwd=place)
    answer = json.loads((place / "out.json").read_text())
    assert answer["counting.counts"] == [2, 2, 2]
    assert Path(answer["counting.counted"]).read_text() == "to be\ncounted\n"
