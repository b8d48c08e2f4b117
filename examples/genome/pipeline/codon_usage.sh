#!/bin/sh
# How often a gene of genes.tsv uses each codon.
# usage: codon_usage.sh GENE
set -eu
here=${0%/*}
location=$(awk -v gene="$1" '$1 == gene { print $2, $3, $4 }' "$here/genes.tsv")
[ -n "$location" ] || { echo "codon_usage.sh: no gene $1 in genes.tsv" >&2; exit 1; }
# shellcheck disable=SC2086 # three words: start, end, strand
set -- $location
bases=$("$here/subsequence.sh" "$1" "$2")

printf 'codon\tamino_acid\tcount\n'
printf '%s\n' "$bases" | awk -v OFS='\t' -v strand="$3" \
  -f "$here/sequence.awk" -f "$here/codon_usage.awk" | sort
