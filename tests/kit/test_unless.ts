/**
 * Tests of what can't be had everywhere.
 *
 * @module
 */

/**
 * Registers a test. Where there is an obstacle the test is skipped, and its name and standard error
 * say so, and why.
 */
export function testUnless(
  obstacle: string | undefined,
  name: string,
  test: (t: Deno.TestContext) => Promise<void>,
): void {
  if (obstacle === undefined) {
    Deno.test(name, test);
    return;
  }
  const skipped = `${name} [SKIPPED: ${obstacle}]`;
  Deno.stderr.writeSync(new TextEncoder().encode(`WARNING: ${skipped}\n`));
  Deno.test({ name: skipped, ignore: true, fn: test });
}

/** The obstacle to tests that need a program: undefined where it is installed. */
export async function missingProgram(name: string): Promise<string | undefined> {
  const isInstalled = await new Deno.Command(name, { args: ["--version"] }).output()
    .then(({ success }) => success, () => false);
  return isInstalled ? undefined : `${name} is not installed`;
}
