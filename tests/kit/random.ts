/**
 * What is random in fault tests comes from seeds that are printed, and can be given.
 *
 * @module
 */

const SEED_VARIABLE = "TOIL_MESOS_TEST_SEED";

/** A seed for a test, printed so that its choices can be repeated with `TOIL_MESOS_TEST_SEED`. */
export function newSeed(test: string): number {
  const seed = Number(Deno.env.get(SEED_VARIABLE) ?? Date.now());
  const line = `${test}: ${SEED_VARIABLE}=${seed}\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
  return seed;
}

/** Lets the others go on for a random time: no test may depend on how far they come. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
