version 1.1

task count {
  input {
    File text
  }
  command <<<
    wc -w < ~{text}
  >>>
  output {
    Int words = read_int(stdout())
  }
  runtime {
    cpu: 1
    memory: "100 MB"
  }
}

task add {
  input {
    Array[Int] numbers
  }
  command <<<
    echo $(( ~{sep(" + ", numbers)} ))
  >>>
  output {
    Int sum = read_int(stdout())
  }
  runtime {
    cpu: 1
    memory: "100 MB"
  }
}

workflow counting {
  input {
    Array[File] texts
  }
  scatter (text in texts) {
    call count { input: text = text }
  }
  call add { input: numbers = count.words }
  output {
    Int sum = add.sum
  }
}
