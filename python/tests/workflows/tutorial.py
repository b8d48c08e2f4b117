"""Workflows as Toil's documentation teaches them; the first argument names one."""

import os
import sys
import threading
import time
from pathlib import Path

from toil.common import Toil
from toil.job import Job

HUNGRY = {"cores": 0.1, "memory": "256Mi", "disk": "10M"}
SMALL = {"cores": 0.1, "memory": "100M", "disk": "10M"}


def hello(job, name):
    return f"Hello, {name}"


def write_file(job, text):
    path = job.fileStore.getLocalTempFile()
    Path(path).write_text(text)
    return job.fileStore.writeGlobalFile(path)


def join_files(job, ids):
    texts = [Path(job.fileStore.readGlobalFile(each)).read_text() for each in ids]
    path = job.fileStore.getLocalTempFile()
    Path(path).write_text(" ".join(texts))
    return job.fileStore.writeGlobalFile(path)


def files(job, imported):
    one = job.addChildJobFn(write_file, "one", **SMALL)
    two = job.addChildJobFn(write_file, "two", **SMALL)
    return job.addFollowOnJobFn(join_files, [imported, one.rv(), two.rv()], **SMALL).rv()


class Ticker(Job.Service):
    """Serves while others run: it writes to a file of the job's choice."""

    def __init__(self, path):
        super().__init__(**SMALL)
        self.path = path

    def start(self, job):
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self.path

    def serve(self):
        while not self.over.wait(0.05):
            Path(self.path).write_text(str(time.time()))

    def check(self):
        return True

    def stop(self, job):
        self.over.set()
        self.thread.join()
        Path(self.path).write_text("stopped")


def watch(job, path):
    while not Path(path).exists():
        time.sleep(0.05)
    return Path(path).read_text()


def services(job, path):
    promised = job.addService(Ticker(path))
    return job.addChildJobFn(watch, promised, **SMALL).rv()


def add(job, *numbers):
    return sum(numbers)


def promises(job):
    one = job.addChildJobFn(add, 1, 2, **SMALL)
    two = one.addChildJobFn(add, one.rv(), 4, **SMALL)
    return job.addFollowOnJobFn(add, one.rv(), two.rv(), **SMALL).rv()


def unsteady(job, number, place):
    # Each tenth one fails at its first try.
    mark = Path(place) / str(number)
    if number % 10 == 0 and not mark.exists():
        mark.touch()
        raise RuntimeError(f"job {number} fails once")
    return number


def dynamic(job, place, count):
    children = [job.addChildJobFn(unsteady, n, place, **SMALL).rv() for n in range(count)]
    return job.addFollowOnJobFn(total, children, **SMALL).rv()


def total(job, numbers):
    return sum(numbers)


def sleep(job, place):
    Path(place, "began").touch()
    while not Path(place, "go").exists():
        time.sleep(0.05)
    return "slept"


def two_steps(job, place):
    with Path(place, "steps").open("a") as steps:
        steps.write("first\n")
    return job.addFollowOnJobFn(sleep, place, **SMALL).rv()


def fail(job):
    print("the output of the worker", file=sys.stderr)
    os._exit(42)


class LocalJob(Job):
    """Runs where the leader does; returns how many do so at the same time."""

    def __init__(self, place):
        super().__init__(local=True, **SMALL)
        self.place = place

    def run(self, file_store):
        mark = Path(self.place, f"active-{os.getpid()}")
        mark.touch()
        time.sleep(0.3)
        active = len(list(Path(self.place).glob("active-*")))
        mark.unlink()
        return active


def local_jobs(job, place):
    children = [job.addChild(LocalJob(place)).rv() for _ in range(4)]
    return job.addFollowOnJobFn(greatest, children, **SMALL).rv()


def greatest(job, numbers):
    return max(numbers)


def hog(job, place, size):
    with Path(place, "tries").open("a") as tries:
        tries.write(f"{job.memory}\n")
    data = bytearray(size)
    data[::4096] = b"x" * len(data[::4096])
    return len(data)


def hog_once(job, place, size):
    return hog(job, place, size if job.memory < size else 1)


def main():
    parser = Job.Runner.getDefaultArgumentParser()
    parser.add_argument("--workflow")
    parser.add_argument("--place")
    options = parser.parse_args()
    place = options.place
    made = {
        "hello": lambda: Job.wrapJobFn(hello, "world", **SMALL),
        "services": lambda: Job.wrapJobFn(services, f"{place}/ticks", **SMALL),
        "promises": lambda: Job.wrapJobFn(promises, **SMALL),
        "dynamic": lambda: Job.wrapJobFn(dynamic, place, 200, **SMALL),
        "sleep": lambda: Job.wrapJobFn(sleep, place, **SMALL),
        "two_steps": lambda: Job.wrapJobFn(two_steps, place, **SMALL),
        "fail": lambda: Job.wrapJobFn(fail, **SMALL),
        "local": lambda: Job.wrapJobFn(local_jobs, place, **SMALL),
        "hog": lambda: Job.wrapJobFn(hog, place, 300 << 20, **HUNGRY),
        "hog_once": lambda: Job.wrapJobFn(hog_once, place, 300 << 20, **HUNGRY),
    }
    with Toil(options) as toil:
        if options.restart:
            result = toil.restart()
        elif options.workflow == "files":
            Path(place, "in").write_text("zero")
            imported = toil.import_file(f"file://{place}/in")
            result = toil.start(Job.wrapJobFn(files, imported, **SMALL))
            toil.export_file(result, f"file://{place}/out")
        else:
            result = toil.start(made[options.workflow]())
        print("RESULT:", result)


if __name__ == "__main__":
    main()
