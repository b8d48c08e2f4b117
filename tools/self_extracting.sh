#!/bin/sh
# Makes a self-extracting program: self_extracting.sh DENO BUNDLE VERSION OUTPUT
#
# DENO and BUNDLE, a directory of JavaScript files of which Deno runs main.js, are absolute paths.
set -eu
deno=$1
bundle=$2
version=$3
output=$4

work=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

mkdir "$work/program"
ln -s "$deno" "$bundle"/*.js "$work/program"
(cd "$work/program" && tar -chf - *) | gzip >"$work/archive"
key=$version-$(cat "$work/program"/* | sha256sum | cut -c 1-16)

sed -e "s/@KEY@/$key/" \
  -e "s/@ARCHIVE_BYTES@/$(wc -c <"$work/archive")/" \
  -e "s/@PROGRAM_BYTES@/$(cat "$work/program"/* | wc -c)/" \
  "$(dirname "$0")/self_extracting_head.sh" >"$work/output"
cat "$work/archive" >>"$work/output"
chmod 755 "$work/output"
mv "$work/output" "$output"
