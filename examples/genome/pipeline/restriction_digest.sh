#!/bin/sh
# The fragments into which a restriction enzyme cuts the genome. Every site in enzymes.tsv reads the
# same on both strands, so one strand tells where the cuts are.
# usage: restriction_digest.sh ENZYME
set -eu
here=${0%/*}
site=$(awk -v enzyme="$1" '$1 == enzyme { print $2 }' "$here/enzymes.tsv")
[ -n "$site" ] || { echo "restriction_digest.sh: no enzyme $1 in enzymes.tsv" >&2; exit 1; }
bases=$("$here/subsequence.sh" 1 100000)

printf 'start\tend\tlength\n'
printf '%s\n' "$bases" | awk -v site="$site" '
  function fragment(end) {
    print start "\t" end "\t" end - start + 1
    start = end + 1
  }
  {
    cut = index(site, "^") - 1
    sub(/\^/, "", site)
    sites = length(site)
    gsub(/N/, "[ACGT]", site)
    gsub(/R/, "[AG]", site)
    gsub(/Y/, "[CT]", site)
    start = 1
    for (i = 1; match(substr($0, i), site); i += RSTART) fragment(i + RSTART - 2 + cut)
    fragment(length($0))
  }
'
