#!/bin/sh
# Proteins of at least MINIMUM amino acids that one of the six reading frames of the genome holds:
# FRAME 1, 2 or 3 of STRAND + or -.
# usage: MINIMUM=100 open_reading_frames.sh STRAND FRAME
set -eu
here=${0%/*}
bases=$("$here/subsequence.sh" 1 100000)

printf 'start\tend\tamino_acids\tprotein\n'
printf '%s\n' "$bases" | awk -v OFS='\t' -v strand="$1" -v frame="$2" -v minimum="$MINIMUM" \
  -f "$here/sequence.awk" -f "$here/open_reading_frames.awk" | sort -n
