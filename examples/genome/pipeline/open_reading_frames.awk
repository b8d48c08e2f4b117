# Open reading frames: from the first ATG after a stop to the next stop, which is part of it.
# Positions are those on the + strand.

{
  bases = strand == "-" ? reverse_complement($0) : $0
  start = 0
  for (i = frame; i + 2 <= length(bases); i += 3) {
    codon = substr(bases, i, 3)
    if (start == 0 && codon == "ATG") {
      start = i
      protein = ""
    }
    if (start == 0) continue
    if (amino_acid_of[codon] != "*") {
      protein = protein amino_acid_of[codon]
      continue
    }
    if (length(protein) >= minimum) report(start, i + 2)
    start = 0
  }
}

function report(start, end) {
  if (strand == "-") print length(bases) - end + 1, length(bases) - start + 1, length(protein), protein
  else print start, end, length(protein), protein
}
