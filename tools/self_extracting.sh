#!/bin/sh
# Makes a self-extracting program: self_extracting.sh DENO PROGRAM VERSION OUTPUT
#
# DENO and PROGRAM, a bundle that Deno can run, are absolute paths.
set -eu
deno=$1
program=$2
version=$3
output=$4

work=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

ln -s "$deno" "$work/deno"
ln -s "$program" "$work/toil-mesos.js"
tar -chf - -C "$work" deno toil-mesos.js | gzip >"$work/archive"
key=$version-$(cat "$deno" "$program" | sha256sum | cut -c 1-16)

sed -e "s/@KEY@/$key/" \
  -e "s/@ARCHIVE_BYTES@/$(wc -c <"$work/archive")/" \
  -e "s/@DENO_BYTES@/$(wc -c <"$deno")/" \
  -e "s/@PROGRAM_BYTES@/$(wc -c <"$program")/" \
  "$(dirname "$0")/self_extracting_head.sh" >"$work/output"
cat "$work/archive" >>"$work/output"
chmod 755 "$work/output"
mv "$work/output" "$output"
