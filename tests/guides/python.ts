/**
 * A Python that Snakemake can be installed for.
 *
 * @module
 */

/** As Snakemake 9 wants it, with what a virtual environment needs. */
const CHECK = "import sys, ensurepip, venv; sys.version_info < (3, 11) and sys.exit(1); " +
  "print(sys.executable)";

const NAMES = ["python3", "python3.13", "python3.12", "python3.11"];

/**
 * Looks for a Python.
 *
 * @param requirement what its package index must have
 * @returns the path of the program, or why there is none
 */
export async function findPython(
  requirement = "pip",
): Promise<{ python: string; missing: string | undefined }> {
  for (const name of [...NAMES, ...pyenvPythons()]) {
    const python = await outputOf(name, ["-c", CHECK]);
    if (!python) continue;
    const directory = await Deno.makeTempDir();
    const downloaded = await outputOf(python, [
      ...["-m", "pip", "download", "--quiet", "--retries", "1", "--timeout", "15"],
      ...["--no-deps", "--dest", directory, requirement],
    ]);
    await Deno.remove(directory, { recursive: true });
    const missing = downloaded !== undefined
      ? undefined
      : `the package index does not have ${requirement}`;
    return { python, missing };
  }
  return { python: "", missing: "there is no Python 3.11 or later with venv" };
}

function pyenvPythons(): string[] {
  const versions = `${Deno.env.get("HOME")}/.pyenv/versions`;
  try {
    return [...Deno.readDirSync(versions)].map(({ name }) => `${versions}/${name}/bin/python3`);
  } catch {
    return [];
  }
}

/** What a program prints; undefined when there is none, or it fails. */
async function outputOf(program: string, args: readonly string[]): Promise<string | undefined> {
  const command = new Deno.Command(program, { args: [...args], stderr: "null" });
  try {
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
