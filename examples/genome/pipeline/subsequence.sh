#!/bin/sh
# The bases from START to END (1-based, both included; cut off at the genome's end) on one line.
# usage: subsequence.sh START END
set -eu
awk -v start="$1" -v end="$2" '
  !/^>/ { bases = bases toupper($0) }
  END { print substr(bases, start, end - start + 1) }
' "${0%/*}/lambda_phage.fa"
