import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readFileBounded, readStreamBounded } from "./bounded_file.ts";

Deno.test("readFileBounded() reads files up to the bound, and devices no further", async () => {
  const path = await Deno.makeTempFile();
  try {
    const content = new TextEncoder().encode("x".repeat(100_000));
    await Deno.writeFile(path, content);
    assertEquals(readFileBounded(path, 100_000), content);
    assertThrows(() => readFileBounded(path, 99_999), RangeError, "larger than 99999 bytes");
    assertThrows(() => readFileBounded("/dev/zero", 1000), RangeError, "larger than 1000 bytes");
    assertEquals(readFileBounded("/dev/null", 0).length, 0);
    assertEquals(readFileBounded("/proc/self/stat", 10_000).length > 0, true);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("readFileBounded() does not wait for the writer of a FIFO, and reads pipes of a shell", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const fifo = `${directory}/fifo`;
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    assertThrows(() => readFileBounded(fifo, 1000), Error, "it is a FIFO");
    const module = import.meta.resolve("./bounded_file.ts");
    const code = `const { readFileBounded } = await import("${module}");` +
      "await Deno.stdout.write(readFileBounded(Deno.args[0], 1000));";
    await Deno.writeTextFile(`${directory}/read.ts`, code);
    const { stdout } = await new Deno.Command("bash", {
      args: ["-c", '"$1" run --quiet --allow-all "$2" <(echo hi)', "bash", Deno.execPath()]
        .concat(`${directory}/read.ts`),
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "hi\n");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("readStreamBounded() cancels a stream without end", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1000)),
    cancel: () => void (cancelled = true),
  });
  await assertRejects(() => readStreamBounded(stream, 5000), RangeError, "larger than 5000 bytes");
  assertEquals(cancelled, true);
});
