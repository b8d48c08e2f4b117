import { assertEquals } from "@std/assert";
import { parseOpenFileLimit } from "./open_file_limit.ts";

Deno.test("parseOpenFileLimit() reads the soft limit", () => {
  const limits = "Max processes             127 127 processes\n" +
    "Max open files            1024                 524288               files     \n";
  assertEquals(parseOpenFileLimit(limits), "1024");
  assertEquals(parseOpenFileLimit("Max open files   unlimited   unlimited  files\n"), "unlimited");
  assertEquals(parseOpenFileLimit(""), undefined);
});

/** What a command sees whose owner was started with a soft limit of 300. */
async function limitSeen(starter: string, environment: Record<string, string>): Promise<string> {
  const directory = await Deno.makeTempDir();
  const command = {
    command: "ulimit -S -n >limit; umask >umask",
    directory,
    environment: { PATH: "/usr/bin:/bin" },
    standardOutputPath: "/dev/null",
    standardErrorPath: "/dev/null",
  };
  const program = `
    import { LAUNCHER_STARTER } from "${import.meta.resolve("./shell_command.ts")}";
    import { DirectStarter } from "${import.meta.resolve("./direct_starter.ts")}";
    using starter = ${starter};
    await starter.start(${JSON.stringify(command)}).exitStatus;`;
  try {
    await Deno.writeTextFile(`${directory}/program.ts`, program);
    const words = [Deno.execPath(), "run", "-A", `--config=${Deno.cwd()}/deno.json`];
    const script = `ulimit -S -n 300; umask 027; "$@" ${directory}/program.ts; :`;
    const { success } = await new Deno.Command("sh", {
      args: ["-c", script, "sh", ...words],
      env: environment,
    }).output();
    assertEquals(success, true);
    assertEquals((await Deno.readTextFile(`${directory}/umask`)).trim(), "0027");
    return (await Deno.readTextFile(`${directory}/limit`)).trim();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

for (const starter of ["DirectStarter.open()", "LAUNCHER_STARTER"]) {
  Deno.test(`a command has the open-file limit of before Deno raised it: ${starter}`, async () => {
    assertEquals(await limitSeen(starter, {}), "300");
    assertEquals(await limitSeen(starter, { TOIL_MESOS_OPEN_FILES: "200" }), "200");
  });
}
