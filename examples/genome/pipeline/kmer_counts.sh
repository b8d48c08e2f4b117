#!/bin/sh
# How often each sequence of K bases begins between START and END: the counts of neighbouring
# windows add up to those of the genome.
# usage: K=6 kmer_counts.sh START END
set -eu
bases=$("${0%/*}/subsequence.sh" "$1" "$(($2 + K - 1))")

printf 'kmer\tcount\n'
printf '%s\n' "$bases" | awk -v k="$K" '
  {
    for (i = 1; i <= length($0) - k + 1; i++) count[substr($0, i, k)]++
    for (kmer in count) print kmer "\t" count[kmer]
  }
' | sort
