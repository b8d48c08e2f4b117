import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { makeFreshDirectory, makeFreshFile } from "./fresh_files.ts";
import { makeOrTakeFile } from "./shared_files.ts";

async function withDirectory(test: (directory: string) => Promise<void> | void): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function plant(root: string): Promise<Record<string, string>> {
  const elsewhere = `${root}/elsewhere`;
  await Deno.mkdir(elsewhere);
  await Deno.writeTextFile(`${elsewhere}/precious`, "");
  await Deno.writeTextFile(`${root}/file`, "");
  await new Deno.Command("mkfifo", { args: [`${root}/fifo`] }).output();
  await Deno.symlink(elsewhere, `${root}/link`);
  await Deno.symlink(`${elsewhere}/precious`, `${root}/file-link`);
  await Deno.symlink(`${elsewhere}/new`, `${root}/dangling`);
  return Object.fromEntries(
    ["elsewhere", "file", "fifo", "link", "file-link", "dangling"].map((name) => [
      name,
      `${root}/${name}`,
    ]),
  );
}

Deno.test("makeFreshDirectory() makes a private one whatever is in its place, and follows no link", () =>
  withDirectory(async (root) => {
    const planted = await plant(root);
    for (const name of ["file", "fifo", "link", "dangling"]) {
      const path = planted[name] ?? "";
      await makeFreshDirectory(path);
      const { isDirectory, mode } = await Deno.lstat(path);
      assertEquals([isDirectory, (mode ?? 0) & 0o777], [true, 0o700]);
    }
    assertEquals((await Deno.stat(`${root}/elsewhere/precious`)).isFile, true);
    await makeFreshDirectory(`${root}/elsewhere`);
    assertEquals([...Deno.readDirSync(`${root}/elsewhere`)], []);
    await makeFreshDirectory(`${root}/some/where/new`);
  }));

Deno.test("makeFreshDirectory() rejects where it can't be made", () =>
  withDirectory(async (root) => {
    await Deno.writeTextFile(`${root}/jobs`, "");
    await assertRejects(() => makeFreshDirectory(`${root}/jobs/1`), Error, "/jobs");
  }));

Deno.test("makeFreshFile() takes nothing that is there", () =>
  withDirectory(async (root) => {
    for (const path of Object.values(await plant(root))) assertThrows(() => makeFreshFile(path));
    assertThrows(() => Deno.statSync(`${root}/elsewhere/new`), Deno.errors.NotFound);
    makeFreshFile(`${root}/new`);
  }));

Deno.test("makeOrTakeFile() takes plain files only, and waits for no reader", () =>
  withDirectory(async (root) => {
    const { file = "", ...others } = await plant(root);
    await Deno.writeTextFile(file, "earlier\n");
    assertEquals([makeOrTakeFile(file), makeOrTakeFile(`${root}/new`)], [8, 0]);
    for (const path of [...Object.values(others), "/dev/null"]) {
      assertThrows(() => makeOrTakeFile(path));
    }
  }));

Deno.test("makeFreshDirectory() follows no link in the place of the directory above", () =>
  withDirectory(async (root) => {
    const planted = await plant(root);
    await Deno.mkdir(`${root}/elsewhere/1`);
    await Deno.writeTextFile(`${root}/elsewhere/1/precious`, "");
    for (const name of ["link", "dangling"]) {
      await makeFreshDirectory(`${planted[name]}/1`);
      assertEquals((await Deno.lstat(planted[name] ?? "")).isDirectory, true);
    }
    assertEquals((await Deno.stat(`${root}/elsewhere/1/precious`)).isFile, true);
  }));
