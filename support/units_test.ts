import { assertEquals, assertThrows } from "@std/assert";
import { formatDuration, formatSize, MAX_DURATION_MS, parseDuration, parseSize } from "./units.ts";

Deno.test("parseSize() reads decimal, binary and bare sizes in any case", () => {
  const cases: [string, number][] = [
    ["0", 0],
    ["1024", 1024],
    ["1.5", 2],
    ["2K", 2000],
    ["2k", 2000],
    ["2KB", 2000],
    ["2Ki", 2048],
    ["2 KiB", 2048],
    ["1.5Gi", 1610612736],
    ["3 gb", 3e9],
    ["1T", 1e12],
    ["1tib", 2 ** 40],
    ["7B", 7],
    [" 2 Mi ", 2 * 2 ** 20],
  ];
  for (const [text, bytes] of cases) assertEquals(parseSize(text), bytes, text);
});

Deno.test("parseSize() refuses what is no size, by name", () => {
  for (const text of ["", "G", "-1", "1X", "1 2", "1e3", "0x10", "1..5G", "99999P", "NaN"]) {
    assertThrows(() => parseSize(text), RangeError, `"${text}"`);
  }
});

Deno.test("parseDuration() reads ours and Mesos' spellings", () => {
  const cases: [string, number][] = [
    ["500ms", 500],
    ["5s", 5000],
    ["10m", 600_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["1w", 604_800_000],
    ["1.5s", 1500],
    ["15mins", 900_000],
    ["2secs", 2000],
    ["1weeks", 604_800_000],
    ["3hrs", 10_800_000],
    ["1000000ns", 1],
    ["0ns", 0],
  ];
  for (const [text, ms] of cases) assertEquals(parseDuration(text), ms, text);
});

Deno.test("parseDuration() refuses what is no duration, by name", () => {
  for (const text of ["", "5", "s", "-5s", "5 parsecs", "5s5s"]) {
    assertThrows(() => parseDuration(text), RangeError, `"${text}"`);
  }
});

Deno.test("parseDuration() refuses what Mesos can't count", () => {
  assertEquals(parseDuration("10000w"), MAX_DURATION_MS);
  for (const text of ["10001w", "1000000000w", `${"9".repeat(400)}ms`]) {
    assertThrows(() => parseDuration(text), RangeError, "10000w is the longest");
  }
});

Deno.test("formatSize() and formatDuration() are short", () => {
  assertEquals([0, 1023, 1024, 2.5 * 2 ** 30, 2 ** 41].map(formatSize), [
    "0 B",
    "1023 B",
    "1 KiB",
    "2.5 GiB",
    "2 TiB",
  ]);
  assertEquals([0, 430, 59_940, 59_960, 245_000, 7_380_000, 273_600_000].map(formatDuration), [
    "0.0 s",
    "0.4 s",
    "59.9 s",
    "1m00s",
    "4m05s",
    "2h03m",
    "3d04h",
  ]);
});
