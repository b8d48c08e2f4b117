import { assertEquals, assertThrows } from "@std/assert";
import { Terminal, type TerminalStreams } from "./terminal.ts";

/** What a terminal shows after all that was written to it: one text a line. */
function screen(written: string): string[] {
  const lines = [""];
  for (const part of written.replaceAll("\x1b[2K", "\f").split(/([\r\n\f])/)) {
    if (part === "\n") lines.push("");
    else if (part === "\f") lines[lines.length - 1] = "";
    else if (part !== "\r") lines[lines.length - 1] += part;
  }
  return lines;
}

function terminalOf(settings: Partial<TerminalStreams>) {
  const written = { output: "", error: "", both: "" };
  const terminal = new Terminal({
    writeOutput: (text) => {
      written.output += text;
      written.both += text;
    },
    appendOutput: (text) => {
      written.output += text;
      written.both += text;
      return Promise.resolve();
    },
    writeError: (text) => {
      written.error += text;
      written.both += text;
    },
    isTerminal: true,
    columns: () => 80,
    ...settings,
  });
  return { terminal, written };
}

Deno.test("Terminal keeps the status line below all other lines, and takes it away", () => {
  const { terminal, written } = terminalOf({});
  terminal.status("1/3 done");
  terminal.error("a log line");
  assertEquals(screen(written.both), ["a log line", "1/3 done"]);
  terminal.output("a result");
  terminal.status("2/3 done");
  assertEquals(screen(written.both), ["a log line", "a result", "2/3 done"]);
  terminal.status("");
  terminal.error("the summary");
  assertEquals(screen(written.both), ["a log line", "a result", "the summary", ""]);
});

Deno.test("Terminal cuts the status line so that it never wraps", () => {
  for (const columns of [1, 20, 80]) {
    const { terminal, written } = terminalOf({ columns: () => columns });
    terminal.status("x".repeat(100));
    assertEquals(screen(written.error), ["x".repeat(columns - 1)]);
  }
  const { terminal, written } = terminalOf({ columns: () => 0 });
  terminal.status("x".repeat(100));
  assertEquals(screen(written.error), ["x".repeat(79)]);
});

Deno.test("Terminal shows no status line any more when the terminal has gone", () => {
  const { terminal, written } = terminalOf({
    columns: () => {
      throw new Error("Input/output error");
    },
  });
  terminal.status("1/3 done");
  assertEquals(screen(written.error), [""]);
});

Deno.test("Terminal writes no status line and no escape where no terminal is", () => {
  const { terminal, written } = terminalOf({ isTerminal: false });
  terminal.status("1/3 done");
  terminal.error("a log line");
  terminal.output("a result");
  terminal.status("");
  assertEquals(written.error, "a log line\n");
  assertEquals(written.output, "a result\n");
});

Deno.test("Terminal.error() makes control characters visible, less newlines and tabs", () => {
  const { terminal, written } = terminalOf({});
  terminal.error("one\ttwo\n\x1b[2J\x07 größe \x9b");
  assertEquals(written.error, "one\ttwo\n\\u001b[2J\\u0007 größe \\u009b\n");
});

Deno.test("Terminal.output() makes what a terminal obeys visible, and JSON stays what it is", () => {
  const { terminal, written } = terminalOf({});
  const row = { name: "\x9b2J \u202egnp.exe größe" };
  terminal.output(JSON.stringify(row));
  assertEquals(written.output, '{"name":"\\u009b2J \\u202egnp.exe größe"}\n');
  assertEquals(JSON.parse(written.output), row);
});

Deno.test("Terminal goes on without those who read standard error, not standard output", () => {
  const brokenPipe = () => {
    throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  };
  const { terminal } = terminalOf({ writeOutput: brokenPipe, writeError: brokenPipe });
  terminal.error("a log line");
  terminal.status("1/3 done");
  terminal.status("");
  assertThrows(() => terminal.output("a result"), Deno.errors.BrokenPipe);
});

Deno.test("Terminal.append() puts results above the status line", async () => {
  const { terminal, written } = terminalOf({});
  terminal.status("1/3 done");
  await terminal.append("a result\n");
  assertEquals(screen(written.both), ["a result", "1/3 done"]);
});
