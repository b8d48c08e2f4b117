"""The guide is true: its commands run, and its options and messages exist."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from conftest import run
from toil.job import Job

ROOT = Path(os.environ.get("TOIL_MESOS_TEST_ROOT", "/nowhere"))
GUIDE = ROOT / "docs" / "guides" / "toil.md"
PYTHON = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(
    not GUIDE.is_file(), reason="needs a checkout: TOIL_MESOS_TEST_ROOT"
)

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED_BLOCK = re.compile(r"`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def checkout(place):
    """Give a checkout in which tests may leave things."""
    path = place / "checkout"
    path.mkdir()
    shutil.copytree(PYTHON, path / "python")
    for entry in ROOT.iterdir():
        if entry.name != "python":
            (path / entry.name).symlink_to(entry)
    return path


@pytest.fixture
def environment(place):
    """Give a virtual environment that has Toil, and not the package, in front of the PATH."""
    run(sys.executable, "-m", "venv", place / "venv", cwd=place)
    [site] = (place / "venv" / "lib").glob("python*/site-packages")
    own = Path(sys.executable).parent
    [toils] = (own.parent / "lib").glob("python*/site-packages")
    (site / "toil.pth").write_text(f"{toils}\n")
    path = f"{place}/venv/bin:{own}:{os.environ['PATH']}"
    # Where there is Deno, the program is that of the checkout.
    own_program = {"TOIL_MESOS_BIN": ""} if shutil.which("deno") else {}
    return {"PATH": path, "VIRTUAL_ENV": f"{place}/venv", **own_program}


def test_the_first_steps_run_as_they_are_written(checkout, environment):
    text = GUIDE.read_text()
    for name, content in NAMED_BLOCK.findall(text):
        (checkout / name).parent.mkdir()
        (checkout / name).write_text(content)
    install, workflow, *_ = [block for kind, block in BLOCK.findall(text) if kind == "sh"]
    assert install == "pip install ./python\n"
    assert workflow.count("\n") == 1
    assert workflow.endswith("--batchSystem mesos --mesosEndpoint local:2\n")
    run("sh", "-ec", install, cwd=checkout, **environment)
    assert "Hello, Mesos\n" in run("sh", "-ec", workflow, cwd=checkout, **environment).stdout
    assert not (checkout / "store").exists()


def test_options_exist():
    text = GUIDE.read_text()
    toils = Job.Runner.getDefaultArgumentParser()._option_string_actions
    schedulers = (ROOT / "docs" / "options.md").read_text()
    # Of CWL's and WDL's runners, and of the benchmark.
    others = {"--jobStore", "--endpoint"}
    used = set(re.findall(r"(?<![\w-])--[A-Za-z][\w-]*", text))
    assert {"--mesosEndpoint", "--kill-grace", "--doubleTime"} <= used
    unknown = {name for name in used if name not in toils and f"`{name}" not in schedulers}
    assert unknown <= others, unknown


def test_options_of_the_table_are_all_of_ours():
    from toil_batch_system_mesos.options import OPTIONS  # noqa: PLC0415

    ours = {flag for flags, _ in OPTIONS.values() for flag in flags}
    rows = [line.split(" | ")[0] for line in GUIDE.read_text().splitlines() if "| `--mesos" in line]
    assert set(re.findall(r"--mesos\w+", " ".join(rows))) == ours


def test_messages_exist():
    rows = re.findall(r"^\| `([A-Z][^`]+)` +\|", GUIDE.read_text(), re.MULTILINE)
    assert len(rows) > 5
    files = [*(PYTHON / "toil_batch_system_mesos").glob("*.py"), *(ROOT / "setup").glob("*.ts")]
    sources = "".join(path.read_text() for path in files)
    for row in rows:
        for part in row.split("…"):
            assert re.sub(r"toil-mesos [0-9.]+", "", part).strip() in sources, row
