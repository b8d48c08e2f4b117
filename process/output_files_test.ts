import { assertEquals, assertRejects } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { prepareOutputFiles, standardErrorTail } from "./output_files.ts";

async function withDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("prepareOutputFiles() makes a directory, and both files are for the start to create", () =>
  withDirectory(async (root) => {
    const files = await prepareOutputFiles({ outputDirectory: `${root}/jobs/1` });
    assertEquals(files, {
      directory: `${root}/jobs/1`,
      outputDirectory: `${root}/jobs/1`,
      standardOutputPath: `${root}/jobs/1/stdout`,
      standardErrorPath: `${root}/jobs/1/stderr`,
      freshPaths: [`${root}/jobs/1/stdout`, `${root}/jobs/1/stderr`],
      standardErrorOffset: 0,
    });
    assertEquals([...Deno.readDirSync(files.directory)], []);
  }));

Deno.test("prepareOutputFiles() takes the files that were named, or falls back", () =>
  withDirectory(async (root) => {
    await Deno.writeTextFile(`${root}/err`, "earlier\n");
    const files = await prepareOutputFiles({
      outputDirectory: `${root}/job`,
      standardOutputPath: `${root}/no/such/out`,
      standardErrorPath: `${root}/err`,
    });
    assertEquals(files.standardOutputPath, `${root}/job/stdout`);
    assertEquals([files.standardErrorPath, files.standardErrorOffset], [`${root}/err`, 8]);
    assertEquals(files.freshPaths, [`${root}/job/stdout`]);
  }));

Deno.test("prepareOutputFiles() replaces a file for both streams by one file", () =>
  withDirectory(async (root) => {
    const files = await prepareOutputFiles({
      outputDirectory: `${root}/job`,
      standardOutputPath: `${root}/no/such/log`,
      standardErrorPath: `${root}/no/such/log`,
    });
    const fallback = `${root}/job/stdout`;
    assertEquals([files.standardOutputPath, files.standardErrorPath], [fallback, fallback]);
    assertEquals(files.freshPaths, [fallback]);
  }));

Deno.test("prepareOutputFiles() rejects where the directory can't be made", () =>
  withDirectory(async (root) => {
    await Deno.writeTextFile(`${root}/jobs`, "");
    await assertRejects(
      () => prepareOutputFiles({ outputDirectory: `${root}/jobs/1` }),
      Error,
      "/jobs",
    );
  }));

Deno.test("standardErrorTail() gives the job's own last lines", () =>
  withDirectory(async (root) => {
    const standardErrorPath = `${root}/err`;
    await Deno.writeTextFile(standardErrorPath, "another job\n");
    const files = await prepareOutputFiles({ outputDirectory: `${root}/job`, standardErrorPath });
    assertEquals(await standardErrorTail(files, 1024), "");
    await Deno.writeTextFile(standardErrorPath, "one\ntwo\n", { append: true });
    assertEquals(await standardErrorTail(files, 1024), "one\ntwo\n");
    assertEquals(await standardErrorTail(files, 7), "two\n");
    await Deno.writeTextFile(standardErrorPath, `${"x".repeat(5000)}\nend\n`, { append: true });
    assertEquals(await standardErrorTail(files, 1024), "end\n");
  }));

Deno.test("standardErrorTail() gives nothing where there is nothing to read", () =>
  withDirectory(async (root) => {
    const files = await prepareOutputFiles({ outputDirectory: `${root}/job` });
    const gone = { ...files, standardErrorPath: `${root}/gone` };
    assertEquals(await standardErrorTail(gone, 1024), undefined);
  }));

Deno.test("standardErrorTail() does not wait for a pipe that the job left in the file's place", () =>
  withDirectory(async (root) => {
    const files = await prepareOutputFiles({ outputDirectory: `${root}/job` });
    await new Deno.Command("mkfifo", { args: [files.standardErrorPath] }).output();
    let tail: string | undefined = "none yet";
    const reading = standardErrorTail(files, 1024).then((text) => tail = text);
    try {
      await waitFor(() => tail !== "none yet", "an answer");
    } finally {
      // Lets go of whoever waits for a writer.
      using _ = await Deno.open(files.standardErrorPath, { read: true, write: true });
      await reading;
    }
    assertEquals(tail, undefined);
  }));

Deno.test("prepareOutputFiles() makes no file where output is discarded", async () => {
  await using directory = await TemporaryDirectory.create();
  const files = await prepareOutputFiles({
    outputDirectory: directory.at("job"),
    standardOutputPath: "/dev/null",
    standardErrorPath: "/dev/null",
  });
  assertEquals([files.standardOutputPath, files.standardErrorPath], ["/dev/null", "/dev/null"]);
  assertEquals([...Deno.readDirSync(directory.at("job"))], []);
});
