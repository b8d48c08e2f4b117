# One slice of the integral of 4 / (1 + x * x) from 0 to 1, which is pi. Needs no execute bit:
# usage: sh slice.sh NUMBER SLICES
awk -v number="$1" -v slices="$2" -v steps=200000 '
  BEGIN {
    width = 1 / (slices * steps)
    for (i = 0; i < steps; i++) {
      x = (number - 1) / slices + (i + 0.5) * width
      sum += 4 / (1 + x * x)
    }
    printf "%.15f\n", sum * width
  }
'
