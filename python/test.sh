#!/bin/sh
# Tests of the Toil plug-in, in a virtual environment of their own that is removed afterwards.
#   python/test.sh [--quick] [pytest's arguments…]
# --quick leaves out the workflows that take minutes. PYTHON names the interpreter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
toil=toil[cwl,wdl]==9.6.0
tests=$here/tests
if [ "${1-}" = --quick ]; then
  shift
  set -- -m 'not slow' "$@"
fi
command -v deno >/dev/null || [ -n "${TOIL_MESOS_BIN-}" ] || {
  echo 'Cannot test the Toil plug-in: there is neither deno nor TOIL_MESOS_BIN' >&2
  exit 1
}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
trap 'exit 130' INT TERM HUP
"${PYTHON:-python3}" -m venv "$place/venv"
# Building must not leave anything in the checkout.
cp -R "$here" "$place/python"
PATH=$place/venv/bin:$PATH
pip install --quiet --disable-pip-version-check "$toil" "$place/python[test]"
cd "$place/python"
mypy
ruff check .
ruff format --check .
pytest -q -p no:cacheprovider "$@" "$tests"
