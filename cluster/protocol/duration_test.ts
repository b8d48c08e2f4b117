import { assertEquals } from "@std/assert";
import { formatDuration } from "./duration.ts";

Deno.test("formatDuration() writes as Mesos does", () => {
  const cases: [number, string][] = [
    [5_000, "5secs"],
    [2_000, "2secs"],
    [900_000, "15mins"],
    [60_000, "1mins"],
    [90_000, "90secs"],
    [3_600_000, "1hrs"],
    [500, "500ms"],
    [1_500, "1500ms"],
    [0.25, "250us"],
    [604_800_000, "1weeks"],
    [864_000_000, "10days"],
    [0, "0ns"],
  ];
  for (const [ms, text] of cases) assertEquals(formatDuration(ms), text);
});
