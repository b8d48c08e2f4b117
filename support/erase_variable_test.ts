import { assertEquals } from "@std/assert";

Deno.test("eraseVariable() takes a variable out of the environment and of /proc", async () => {
  const program = `
    import { eraseVariable } from "${import.meta.resolve("./erase_variable.ts")}";
    eraseVariable("SECRET");
    eraseVariable("SECRET");
    const shown = Deno.readTextFileSync("/proc/self/environ").split("\\0");
    console.log(JSON.stringify([
      Deno.env.get("SECRET") ?? "gone",
      shown.filter((text) => text.includes("hush")),
      shown.filter((text) => text.startsWith("OTHER=")),
    ]));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-all",
      `data:application/javascript,${encodeURIComponent(program)}`,
    ],
    env: { SECRET: "hush, this is ü", OTHER: "stays" },
  }).output();
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), ["gone", [], ["OTHER=stays"]]);
});
