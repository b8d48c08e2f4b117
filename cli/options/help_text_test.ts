import { assertEquals } from "@std/assert";
import { z } from "zod";
import { describeCommand, describeOptions, wrap } from "./help_text.ts";

Deno.test("wrap() breaks between words, and leaves words whole", () => {
  assertEquals(wrap("one two three", 7), ["one two", "three"]);
  assertEquals(wrap("one two three", 80), ["one two three"]);
  assertEquals(wrap("a-word-beyond-all-bounds b", 5), ["a-word-beyond-all-bounds", "b"]);
  assertEquals(wrap("", 5), [""]);
});

Deno.test("describeOptions() has names to the left and descriptions to the right", () => {
  const schema = z.string().optional();
  const words = "a description that is too long for what is left of a line of eighty columns";
  assertEquals(
    describeOptions({
      killGrace: { value: "D", description: "between TERM and KILL", schema },
      role: { value: "R", description: "of the framework", schema, repeatable: true },
      noStdOutErr: { description: words, schema },
      aNameThatIsTooLongForTheColumn: { value: "X", description: "on the next line", schema },
    }),
    `  --kill-grace D              between TERM and KILL
  --role R                    of the framework (repeatable)
  --no-std-out-err            a description that is too long for what is left of
                              a line of eighty columns
  --a-name-that-is-too-long-for-the-column X
                              on the next line`,
  );
});

Deno.test("describeCommand() says what it is, how it is used, and its options", () => {
  const options = {
    port: { value: "P", description: "where to listen", schema: z.string() },
  };
  const run = () => Promise.resolve(0);
  const text = describeCommand({
    name: "serve",
    summary: "gives things out",
    usage: "[--port P]",
    details: "Ctrl-C ends it.",
    exitCodes: "0 ended",
    options,
    run,
  });
  assertEquals(
    text,
    `toil-mesos serve: gives things out

Usage: toil-mesos serve [--port P]

Options:
  --port P  where to listen

Ctrl-C ends it.

Exit codes: 0 ended.`,
  );
});
