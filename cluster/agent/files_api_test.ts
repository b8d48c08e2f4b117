import { assertEquals } from "@std/assert";
import { TemporaryDirectory } from "../../resource/testing.ts";
import type { BodyStream, ServerAnswer } from "../../http/request_handler.ts";
import { concatenated } from "../../support/bytes.ts";
import { Refusal } from "../http/http_responses.ts";
import { FilesApi } from "./files_api.ts";

const CONTENT = "0123456789";
const LONG = "x".repeat(100_000);

/** Asks about a sandbox that is attached as `/box`. */
async function ask(
  endpoint: string,
  query: Record<string, string>,
): Promise<[number, string]> {
  await using directory = await TemporaryDirectory.create();
  await Deno.mkdir(directory.at("sandbox", "sub"), { recursive: true });
  await Deno.writeTextFile(directory.at("secret"), "");
  await Deno.writeTextFile(directory.at("sandbox", "stdout"), CONTENT, { mode: 0o640 });
  await Deno.writeTextFile(directory.at("sandbox", "long.txt"), LONG);
  await Deno.symlink(directory.at("secret"), directory.at("sandbox", "link"));
  const api = new FilesApi();
  api.attach(directory.at("sandbox"), "/box");
  const asked = api.answer(endpoint, new URLSearchParams(query)).catch(answerOf);
  const { status, body } = await asked;
  const text = new TextDecoder().decode(body instanceof Uint8Array ? body : await allOf(body));
  return [status, text.replaceAll(directory.path, "")];
}

function answerOf(error: unknown): ServerAnswer {
  if (error instanceof Refusal) return error.answer;
  throw error;
}

async function allOf(body: BodyStream | undefined): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let part = await body?.next(); part; part = await body?.next()) parts.push(part);
  return concatenated(parts);
}

async function read(query: Record<string, string>): Promise<unknown> {
  const [status, text] = await ask("read", { path: "/box/stdout", ...query });
  assertEquals(status, 200);
  return JSON.parse(text);
}

Deno.test("debug lists what is attached", async () => {
  const [status, text] = await ask("debug", {});
  assertEquals([status, JSON.parse(text)], [200, { "/box": "/sandbox" }]);
});

Deno.test("an unknown endpoint is not found, also one that every object inherits", async () => {
  for (const endpoint of ["browse", "constructor", "__proto__", "toString"]) {
    const [status] = await ask(endpoint, { path: "/box/stdout" });
    assertEquals(status, 404);
  }
});

Deno.test("read gives a part of a file", async () => {
  assertEquals(await read({ offset: "2", length: "3" }), { offset: 2, data: "234" });
  assertEquals(await read({ offset: "8", length: "3" }), { offset: 8, data: "89" });
  assertEquals(await read({ offset: "8" }), { offset: 8, data: "89" });
  assertEquals(await read({ offset: "8", length: "-1" }), { offset: 8, data: "89" });
  assertEquals(await read({ offset: "10" }), { offset: 10, data: "" });
});

Deno.test("read without an offset gives the size", async () => {
  assertEquals(await read({}), { offset: 10, data: "" });
  assertEquals(await read({ offset: "-1", length: "5" }), { offset: 10, data: "" });
});

Deno.test("read gives no more than sixteen pages", async () => {
  const query = { path: "/box/long.txt", offset: "0" };
  assertEquals(await read(query), { offset: 0, data: LONG.slice(0, 65_536) });
});

Deno.test("download gives a whole file", async () => {
  assertEquals(await ask("download", { path: "/box/stdout" }), [200, CONTENT]);
});

const REFUSALS: [string, Record<string, string>, number, string][] = [
  ["read", {}, 400, "Expecting 'path=value' in query.\n"],
  ["read", { path: "" }, 400, "Expecting 'path=value' in query.\n"],
  ["download", { path: "/box/missing" }, 404, ""],
  ["download", { path: "/box/link" }, 404, ""],
  ["download", { path: "/box/sub" }, 400, "Cannot download anything but a file.\n"],
  ["read", { path: "/box/missing" }, 404, ""],
  ["read", { path: "/elsewhere" }, 404, ""],
  [
    "read",
    { path: "/box/stdout", offset: "-2" },
    400,
    "Failed to parse offset '-2' or length '-1'.\n",
  ],
  [
    "read",
    { path: "/box/stdout", offset: "1", length: "a" },
    400,
    "Failed to parse offset '1' or length 'a'.\n",
  ],
  ["read", { path: "/box/sub" }, 400, "Cannot read anything but a file.\n"],
  ["read", { path: "/box/../secret" }, 404, ""],
  ["read", { path: "/box/link" }, 404, ""],
  ["write", { path: "/box" }, 404, "404 Not Found."],
];

for (const [endpoint, query, status, text] of REFUSALS) {
  Deno.test(`${endpoint} refuses ${JSON.stringify(query)}`, async () => {
    assertEquals(await ask(endpoint, query), [status, text]);
  });
}
