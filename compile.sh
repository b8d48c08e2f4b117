#!/bin/sh
# Makes the program one file: ./compile.sh [OUTPUT], by default dist/toil-mesos.
#
# `deno compile` joins the program to a runtime, which it downloads, or takes from where DENORT_BIN
# says. Where there is none, the file becomes a shell head with a compressed archive behind it, see
# tools/self_extracting.sh. DENO names the deno to use.
set -eu
export NO_COLOR=1

# How long a runtime may take to come.
RUNTIME_TIMEOUT_SECONDS=60

ONE_JOB='{"command":"exit 0","cores":0.1,"memory":"32Mi","disk":"1Mi"}'

say() {
  printf 'compile.sh: %s\n' "$*" >&2
}

fail() {
  cat "$work/log" >&2
  say "$*"
  exit 1
}

# A deno that is here, or the one that CI takes from npm.
launch_deno() {
  if [ -n "${DENO:-}" ]; then
    "$DENO" "$@"
  elif command -v deno >/dev/null; then
    deno "$@"
  else
    npx -y "deno@$(sed -n 's/^npx -y deno@\([0-9.]*\) check .*/\1/p' .ci/run)" "$@"
  fi
}

# A code cache of such a program would lie in a directory that all users share, under a name that
# they can guess, and be executed.
compile() {
  timeout "$RUNTIME_TIMEOUT_SECONDS" "$deno" compile --quiet --allow-all --no-config --no-lock \
    --no-code-cache --output "$program" "$bundle/main.js" 2>"$work/log"
}

# The innermost cause that deno reported.
compile_error() {
  cause=$(sed -n '/^Stack backtrace/q; s/^ *[0-9]*: //p' "$work/log" | tail -n 1)
  echo "${cause:-no answer within $RUNTIME_TIMEOUT_SECONDS s}"
}

# The program with nothing of ours around it, and what it unpacks out of the way.
run() {
  env -i PATH="$PATH" XDG_CACHE_HOME="$work/cache" "$program" "$@" 2>"$work/log"
}

case ${1:-} in
  '') output= ;;
  /*) output=$1 ;;
  *) output=$PWD/$1 ;;
esac
cd "$(dirname "$0")"
output=${output:-$PWD/dist/toil-mesos}

# Beside the output: to move it there is one step, and what can be executed there is executed here.
mkdir -p "$(dirname "$output")"
work=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
bundle=$work/bundle
program=$work/program

deno=$(launch_deno eval 'console.log(Deno.execPath())')
"$deno" check --quiet --frozen main.ts
# In several files: an executor loads only those that it needs.
"$deno" bundle --quiet --frozen --platform deno --code-splitting --outdir "$bundle" main.ts
version=$("$deno" run --quiet --allow-all --no-config --no-lock "$bundle/main.js" --version)

if ! compile; then
  [ -z "${DENORT_BIN:-}" ] || fail "DENORT_BIN is not a runtime for deno compile"
  say "no runtime for deno compile ($(compile_error)): making a self-extracting file"
  sh tools/self_extracting.sh "$deno" "$bundle" "${version##* }" "$program"
fi

[ "$(run --version)" = "$version" ] || fail "the program does not run"
echo "$ONE_JOB" >"$work/jobs.jsonl"
run scheduler --endpoint local --jobs "$work/jobs.jsonl" \
  --executor-command "XDG_CACHE_HOME='$work/cache' '$program' executor" >/dev/null ||
  fail "the program does not run a job"
mv "$program" "$output"
say "made $output, $(($(wc -c <"$output") / 1000000)) MB"
