import { assertGreater } from "@std/assert";
import { chaos } from "./chaos.ts";
import { newSeed } from "../kit/random.ts";

Deno.test("1,000 jobs are accounted for while scheduler, master, agents and executors are killed and stopped", async () => {
  const story: string[] = [];
  const options = { jobs: 1_000, seed: newSeed("chaos"), log: (line: string) => story.push(line) };
  try {
    const { faults } = await chaos(options);
    assertGreater(Object.keys(faults).length, 4);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${story.join("\n")}`, { cause: error });
  }
});
