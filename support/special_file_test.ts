import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "./usage_error.ts";
import { refuseSpecialFile, specialFile } from "./special_file.ts";

Deno.test("specialFile() names what is not a file, and opens none of it", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const [file, fifo, socket, link] = ["file", "fifo", "socket", "link"]
      .map((name) => `${directory}/${name}`);
    await Deno.writeTextFile(`${file}`, "");
    await new Deno.Command("mkfifo", { args: [`${fifo}`] }).output();
    await Deno.symlink(`${fifo}`, `${link}`);
    using _listener = Deno.listen({ transport: "unix", path: `${socket}` });
    const kinds = [file, `${directory}/missing`, directory, fifo, link, socket, "/dev/zero"]
      .map((path) => specialFile(`${path}`));
    assertEquals(kinds, [
      ...[undefined, undefined, "a directory", "a FIFO", "a FIFO", "a socket", "a device"],
    ]);
    refuseSpecialFile(`${file}`);
    assertThrows(
      () => refuseSpecialFile(`${link}`),
      UsageError,
      `Cannot use ${link}: it is a FIFO, not a file; remove it`,
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
