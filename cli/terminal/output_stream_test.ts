import { assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { OutputStream } from "./output_stream.ts";

Deno.test("OutputStream writes texts in order, however little is taken at a time", async () => {
  let taken = "";
  let calls = 0;
  const stream = new OutputStream(() =>
    Promise.resolve({
      write: (bytes) => {
        if (++calls % 3 === 0) return Promise.reject(new Deno.errors.WouldBlock("full"));
        taken += new TextDecoder().decode(bytes.subarray(0, 2));
        return Promise.resolve(Math.min(2, bytes.length));
      },
    })
  );
  stream.write("first\n");
  assertEquals(stream.pendingBytes, 6);
  await stream.write("second\n");
  assertEquals([taken, stream.pendingBytes], ["first\nsecond\n", 0]);
  await stream.idle;
});

Deno.test("OutputStream says what went wrong to each who writes", async () => {
  const stream = new OutputStream(() =>
    Promise.resolve({ write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")) })
  );
  const [one, other] = [stream.write("a"), stream.write("b")];
  await assertRejects(() => one, Deno.errors.BrokenPipe);
  await assertRejects(() => other, Deno.errors.BrokenPipe);
  assertEquals(stream.pendingBytes, 0);
  await stream.idle;
});

for (
  const [what, write] of [
    ["OutputStream writes", "await new OutputStream(() => Promise.resolve(stdout)).write(text)"],
    ["writeAllSync() writes", "writeAllSync(stdout, new TextEncoder().encode(text))"],
  ]
) {
  Deno.test(`${what} once to a pipe that does not block and has no room`, async () => {
    const line = "x".repeat(99);
    const text = `${`${line}\n`.repeat(30)}${line.repeat(60)}\n`.repeat(40);
    const program = `
      import { OutputStream, writeAllSync } from "${import.meta.resolve("./output_stream.ts")}";
      const text = ${JSON.stringify(text)};
      const int = { parameters: ["i32", "i32", "i32"], result: "i32" };
      const [F_SETFL, FLAGS] = [4, ${0o4001}];
      Deno.dlopen("libc.so.6", { fcntl: int }).symbols.fcntl(1, F_SETFL, FLAGS);
      const full = (error) => {
        Deno.stderr.writeSync(new TextEncoder().encode("full\\n"));
        throw error;
      };
      const stdout = {
        write: (bytes) => Deno.stdout.write(bytes).catch(full),
        writeSync: (bytes) => {
          try {
            return Deno.stdout.writeSync(bytes);
          } catch (error) {
            full(error);
          }
        },
      };
      ${write};
    `;
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    await Deno.writeTextFile(file, program);
    const config = fileURLToPath(import.meta.resolve("../../deno.json"));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--allow-all", "--config", config, file],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const errors = child.stderr.getReader();
    assertEquals(new TextDecoder().decode((await errors.read()).value).slice(0, 4), "full");
    const ignored = (async () => {
      while (!(await errors.read()).done);
    })();
    const output = await new Response(child.stdout).text();
    await ignored;
    await child.status;
    await Deno.remove(file);
    assertEquals([output.length, output === text], [text.length, true]);
  });
}
