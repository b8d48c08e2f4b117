#!/bin/sh
# Tests of the Toil plug-in, in a virtual environment of their own that is removed afterwards.
#   python/test.sh [--quick] [pytest's arguments…]
# --quick leaves out what takes half a minute or more. PYTHON names the interpreter.
# Ends with 77 where there is no Python for it, or no package index.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
toil='toil[cwl,wdl]==9.6.0'

skip() {
  echo "WARNING: THE TOIL PLUG-IN IS NOT TESTED: $1" >&2
  exit 77
}

is_usable() {
  command -v "$1" >/dev/null && "$1" -c \
    'import sys, ensurepip, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null
}

quick=
if [ "${1-}" = --quick ]; then
  quick=yes
  shift
fi
command -v deno >/dev/null || [ -n "${TOIL_MESOS_BIN-}" ] || skip 'neither deno nor TOIL_MESOS_BIN'
for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.10 none; do
  if is_usable "$python"; then break; fi
done
[ "$python" != none ] || skip 'no Python 3.10 to 3.13 with venv'

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
trap 'exit 130' INT TERM HUP
"$python" -m venv "$place/venv"
PATH=$place/venv/bin:$PATH
PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
export PATH PIP_DISABLE_PIP_VERSION_CHECK PYTHONDONTWRITEBYTECODE
pip install --quiet "$toil" 'pytest>=8' 'mypy>=1.14' 'ruff>=0.6' 'setuptools>=77' wheel ||
  skip "the package index does not have $toil"
# Building, linting and testing must not leave anything in the checkout.
cp -R "$here" "$place/python"
cd "$place/python"
pip install --quiet --no-deps --no-build-isolation .
mypy
ruff check .
ruff format --check .
if [ -z "${TOIL_MESOS_BIN-}" ]; then
  TOIL_MESOS_BIN=$place/toil-mesos
  export TOIL_MESOS_BIN
  # Executors have no HOME: the program itself knows where Deno's cache is.
  cache=$(deno info --json | python -c 'import json, sys; print(json.load(sys.stdin)["denoDir"])')
  printf '#!/bin/sh\nDENO_DIR="%s" exec "%s" run --quiet --allow-all --config "%s" "%s" "$@"\n' \
    "$cache" "$(command -v deno)" "$here/../deno.json" "$here/../main.ts" >"$TOIL_MESOS_BIN"
  chmod +x "$TOIL_MESOS_BIN"
fi
# The autoscaler's tests start and end agents of this checkout's embedded Mesos.
TOIL_MESOS_TEST_ROOT=$here/..
export TOIL_MESOS_TEST_ROOT
pytest -q -p no:cacheprovider ${quick:+-m 'not slow'} "$@"
