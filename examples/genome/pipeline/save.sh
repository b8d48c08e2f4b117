#!/bin/sh
# Runs SCRIPT.sh of this directory; what it prints becomes $DEMO_RESULTS/NAME.tsv, as a whole or
# not at all.
# usage: save.sh NAME SCRIPT [ARGUMENT...]
set -eu
name=$1
script=$2
shift 2
result=${DEMO_RESULTS:?is the directory for the results}/$name.tsv

# The same order of lines on every node.
LC_ALL=C
export LC_ALL

"${0%/*}/$script.sh" "$@" > "$result.$TOIL_MESOS_JOB_ID"
mv "$result.$TOIL_MESOS_JOB_ID" "$result"
