#!/bin/sh
# Records a run on an embedded Mesos as text, as a terminal of 80 columns shows it:
# tools/record_session.sh > docs/session.txt. Needs `script`, of util-linux.
set -eu
cd "$(dirname "$0")/.."
program="deno run --allow-all $PWD/main.ts"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >jobs.jsonl <<'JOBS'
{"command":"sleep 1; wc -w < $TOIL_MESOS_USER_SCRIPT","name":"words","memory":"64Mi","disk":"1Mi"}
{"command":"hostname >&2; exit 3","name":"broken","cores":0.5,"memory":"64Mi","disk":"1Mi"}
{"command":"uname -s","name":"kernel","cores":0.5,"memory":"64Mi","disk":"1Mi"}
JOBS
echo 'what nodes get' >script.txt

echo '$ cat jobs.jsonl'
cat jobs.jsonl
echo '$ toil-mesos scheduler --endpoint local:2 --jobs jobs.jsonl --user-script script.txt'
# A status line is cleared before the next line; what is left of it is dropped here.
TERM=xterm script -qec "stty cols 80; $program scheduler --endpoint local:2 --jobs jobs.jsonl \
  --user-script script.txt" /dev/null |
  awk '{ gsub(/\r$/, ""); n = split($0, part, /\033\[2K/); print part[n] }' |
  sed '/^[0-9]*\/[0-9]* done/d; s/\r//g' || true
