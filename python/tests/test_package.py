"""The package itself: small, and with no dependency beyond Toil."""

from __future__ import annotations

import ast
import sys
import tokenize
from importlib import metadata
from pathlib import Path

import toil_batch_system_mesos

PACKAGE = Path(toil_batch_system_mesos.__file__).parent
MAX_CODE_LINES = 500

BLANK = {
    *[tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT],
    *[tokenize.ENCODING, tokenize.ENDMARKER],
}


def code_lines(path):
    """Return the numbers of the lines that are no blank, comment or docstring."""
    with path.open("rb") as file:
        tokens = [each for each in tokenize.tokenize(file.readline) if each.type not in BLANK]
    code = {line for each in tokens for line in range(each.start[0], each.end[0] + 1)}
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            code -= set(range(node.lineno, node.end_lineno + 1))
    return code


def test_its_code_is_under_500_lines():
    sizes = {path.name: len(code_lines(path)) for path in PACKAGE.rglob("*.py")}
    assert {"batch_system.py", "options.py"} <= set(sizes)
    assert 0 < sum(sizes.values()) < MAX_CODE_LINES, sizes


def test_it_needs_toil_9_and_nothing_else():
    needs = metadata.requires("toil-batch-system-mesos") or []
    [toil] = [each for each in needs if "extra ==" not in each]
    assert toil.replace(" ", "") in {"toil<10,>=9", "toil>=9,<10"}


def test_it_imports_nothing_beyond_toil_and_python():
    known = {*sys.stdlib_module_names, "toil"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            else:
                continue
            assert {name.partition(".")[0] for name in names} <= known, path.name


def test_it_is_for_python_3_10_to_3_13():
    asked = metadata.metadata("toil-batch-system-mesos")["Requires-Python"]
    assert set(asked.replace(" ", "").split(",")) == {">=3.10", "<3.14"}


def test_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()
