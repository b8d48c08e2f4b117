version 1.1

# Without tasks, for those run in containers only.
workflow counting {
  input {
    Array[File] texts
  }
  scatter (text in texts) {
    Int lines = length(read_lines(text))
  }
  output {
    Array[Int] counts = lines
    File counted = write_lines(read_lines(texts[0]))
  }
}
