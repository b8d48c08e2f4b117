#!/bin/sh
# The share of G and C in windows of WINDOW bases, every STEP bases from START to END.
# usage: WINDOW=500 STEP=100 gc_content.sh START END
set -eu
bases=$("${0%/*}/subsequence.sh" "$1" "$2")

printf 'start\tend\tgc\n'
printf '%s\n' "$bases" | awk -v first="$1" -v window="$WINDOW" -v step="$STEP" '
  {
    for (i = 1; i <= length($0) - window + 1; i += step) {
      part = substr($0, i, window)
      start = first + i - 1
      printf "%d\t%d\t%.4f\n", start, start + window - 1, gsub(/[GC]/, "", part) / window
    }
  }
'
