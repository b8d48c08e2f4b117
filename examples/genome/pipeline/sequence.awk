# Functions on sequences, for: awk -f sequence.awk -f PROGRAM.awk

BEGIN {
  # The genetic code, codons in the order TTT TTC TTA TTG TCT …; * is a stop.
  amino_acids = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
  for (i = 0; i < 64; i++) {
    codon = base(i / 16) base(i / 4) base(i)
    amino_acid_of[codon] = substr(amino_acids, i + 1, 1)
  }
}

function base(number) {
  return substr("TCAG", int(number) % 4 + 1, 1)
}

function reverse_complement(bases,    i, result) {
  for (i = length(bases); i > 0; i--) {
    result = result substr("TGCA", index("ACGT", substr(bases, i, 1)), 1)
  }
  return result
}
