# How often a gene uses each codon.

{
  bases = strand == "-" ? reverse_complement($0) : $0
  for (i = 1; i <= length(bases); i += 3) count[substr(bases, i, 3)]++
  for (codon in count) print codon, amino_acid_of[codon], count[codon]
}
