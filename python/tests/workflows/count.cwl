cwlVersion: v1.2
class: Workflow
inputs:
  text: File
outputs:
  count:
    type: File
    outputSource: strip/count
steps:
  words:
    in: { text: text }
    out: [words]
    run:
      class: CommandLineTool
      baseCommand: [tr, " ", "\n"]
      stdin: $(inputs.text.path)
      stdout: words.txt
      inputs: { text: File }
      outputs: { words: stdout }
  strip:
    in: { words: words/words }
    out: [count]
    run:
      class: CommandLineTool
      requirements:
        ResourceRequirement: { coresMin: 1, ramMin: 100 }
      baseCommand: [wc, -l]
      stdin: $(inputs.words.path)
      stdout: count.txt
      inputs: { words: File }
      outputs: { count: stdout }
