import { assertEquals, assertThrows } from "@std/assert";
import { parseMasters } from "./master_detector.ts";

Deno.test("parseMasters() reads hosts, ports, schemes and lists", () => {
  const cases: [string, string[]][] = [
    ["10.0.0.1", ["http://10.0.0.1:5050/"]],
    ["mesos.example:5060", ["http://mesos.example:5060/"]],
    ["https://m:443", ["https://m/"]],
    ["https://m", ["https://m:5050/"]],
    ["http://m:80", ["http://m/"]],
    ["HTTP://m:80/", ["http://m/"]],
    ["[::1]:5050, b", ["http://[::1]:5050/", "http://b:5050/"]],
  ];
  for (const [text, urls] of cases) assertEquals(parseMasters(text).map(String), urls, text);
});

Deno.test("parseMasters() gives masters without a scheme the one that is asked for", () => {
  const masters = parseMasters("a,http://b:80,https://c", "https");
  assertEquals(masters.map(String), ["https://a:5050/", "http://b/", "https://c:5050/"]);
});

Deno.test("parseMasters() refuses anything else, by name", () => {
  for (
    const text of [
      ...["", "a,,b", "ftp://a", "http://", "a:b:c", "zk://a:1/m", "::1", "a:0", "a:65536", "a b"],
      ...["http://a/path", "a:1/master", "a#b"],
    ]
  ) {
    assertThrows(() => parseMasters(text), TypeError, "Cannot read", text);
  }
});

Deno.test("parseMasters() shows no secret of what it refuses", () => {
  for (const text of ["http://u:hush@a", "u:hush@a:1", "http://a/?token=hush", "ftp://u:hush@a"]) {
    const { message } = assertThrows(() => parseMasters(text), TypeError);
    assertEquals(message.includes("hush"), false, message);
  }
});
