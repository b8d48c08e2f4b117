import { assertEquals } from "@std/assert";
import { fakeSystem } from "../testing.ts";
import { type Column, tableLines, writeRows } from "./listing.ts";

const COLUMNS: readonly Column<{ id: number; name: string }>[] = [
  { title: "ID", isNumber: true, of: ({ id }) => String(id) },
  { title: "NAME", of: ({ name }) => name },
];
const ROWS = [{ id: 7, name: "a" }, { id: 123, name: "two\nlines\x1b[2J" }];

Deno.test("tableLines() sets columns, and lets no name command the terminal", () => {
  assertEquals(tableLines(ROWS, { columns: COLUMNS, width: 80 }), [
    " ID  NAME",
    "  7  a",
    "123  two lines\\u001b[2J",
  ]);
});

Deno.test("tableLines() cuts lines to the width of the terminal", () => {
  assertEquals(tableLines(ROWS, { columns: COLUMNS, width: 9 }), [
    " ID  NAME",
    "  7  a",
    "123  two…",
  ]);
});

Deno.test("tableLines() takes any number of rows", () => {
  const rows = Array.from({ length: 300_000 }, (_, id) => ({ id, name: "x" }));
  assertEquals(tableLines(rows, { columns: COLUMNS, width: 80 }).length, 300_001);
});

Deno.test("writeRows() gives people a table and programs JSON", () => {
  for (
    const [outputIsTerminal, json, first] of [
      [true, false, " ID  NAME"],
      [true, true, '{"id":7,"name":"a"}'],
      [false, false, '{"id":7,"name":"a"}'],
    ] as const
  ) {
    const { system, written } = fakeSystem({ outputIsTerminal });
    writeRows(ROWS, { options: { json }, system, columns: COLUMNS });
    assertEquals(written.output.split("\n")[0], first);
  }
});
