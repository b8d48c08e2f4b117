import { assertEquals, assertRejects } from "@std/assert";
import { SYSTEM_CLOCK } from "../support/clock.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import type { BatchSystemEvent } from "./core/events.ts";
import type { Effects } from "./core/frame.ts";
import type { Input } from "./core/inputs.ts";
import { SchedulerLoop } from "./event_loop.ts";
import type { Changes } from "./core/change_log.ts";
import { SchedulerState } from "./core/scheduler_state.ts";
import { StoreError } from "./store/store.ts";
import { CopyingStore } from "./store/testing.ts";
import { newFramework, SETTINGS, shape, spec } from "./testing.ts";

/** Says what it does, and fails when it is told to. */
class RecordingStore extends CopyingStore {
  isFull = false;
  readonly #record: (entry: string) => void;

  constructor(record: (entry: string) => void) {
    super();
    this.#record = record;
  }

  override commit(changes: Changes): void {
    if (this.isFull) throw new StoreError("Cannot keep the state: the disk is full");
    super.commit(changes);
    this.#record(`commit ${changes.jobs.map(({ jobID }) => jobID)}`);
  }
}

/** A loop that can be looked at; stopped at the end of the block. */
class TestLoop implements Disposable {
  nowMs = 1_000_000;
  /** What has happened, in order. */
  readonly entries: string[] = [];
  readonly store = new RecordingStore((entry) => this.entries.push(entry));
  readonly failures: Error[] = [];
  readonly #loop: SchedulerLoop;

  constructor() {
    this.#loop = new SchedulerLoop({
      state: new SchedulerState(this.store.load(newFramework()), this.nowMs),
      store: this.store,
      settings: SETTINGS,
      clock: { ...SYSTEM_CLOCK, now: () => this.nowMs },
      perform: (effects) => this.#perform(effects),
      failed: (error) => this.failures.push(error),
    });
  }

  submit(input: Input): void {
    this.#loop.submit(input);
  }

  async issue(): Promise<readonly number[]> {
    const { issuedJobIDs } = await this.#loop.request({ type: "ISSUE", specs: [spec()] });
    this.entries.push(`answer ${issuedJobIDs}`);
    return issuedJobIDs;
  }

  request(input: Input): Promise<unknown> {
    return this.#loop.request(input);
  }

  count(entry: string): number {
    return this.entries.filter((each) => each === entry).length;
  }

  stop(): void {
    this.#loop.stop();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #perform({ events }: Effects): void {
    this.entries.push(...events.map(describe));
  }
}

const ISSUE_TOO_LARGE: Input = {
  type: "ISSUE",
  specs: [spec({ shape: shape({ cpusMilli: 64_000 }) })],
};

function describe(event: BatchSystemEvent): string {
  return event.type === "JOB_ISSUED" ? `perform ${event.jobID}` : event.type;
}

Deno.test("SchedulerLoop commits before it acts, and acts before it answers", async () => {
  using loop = new TestLoop();
  assertEquals(await loop.issue(), [1]);
  assertEquals(loop.entries, ["commit 1", "perform 1", "answer 1"]);
});

Deno.test("SchedulerLoop commits once for all inputs that have come", async () => {
  using loop = new TestLoop();
  await Promise.all([loop.issue(), loop.issue(), loop.issue()]);
  assertEquals(loop.entries, [
    "commit 1,2,3",
    ...["perform 1", "perform 2", "perform 3"],
    ...["answer 1", "answer 2", "answer 3"],
  ]);
});

Deno.test("SchedulerLoop commits nothing where nothing has changed", async () => {
  using loop = new TestLoop();
  await loop.request({ type: "UNIGNORE_NODE", node: "never ignored" });
  await loop.request({ type: "DISCONNECTED", reason: "tested" });
  assertEquals(loop.entries, ["DISCONNECTED"]);
});

Deno.test("SchedulerLoop tells itself that time has passed", async () => {
  using loop = new TestLoop();
  await loop.request(ISSUE_TOO_LARGE);
  loop.nowMs += 31_000;
  await waitFor(() => loop.count("STARVING") === 1, "a TICK, which tells of starvation");
});

Deno.test("SchedulerLoop tells itself that time has passed however many inputs come", async () => {
  using loop = new TestLoop();
  await loop.request(ISSUE_TOO_LARGE);
  for (const told of [1, 2, 3]) {
    loop.nowMs += 601_000;
    // Each turn follows the one before at once.
    for (let turn = 0; turn < 1_000; turn++) {
      await loop.request({ type: "UNIGNORE_NODE", node: "never ignored" });
    }
    assertEquals(loop.count("STARVING"), told);
  }
});

Deno.test("SchedulerLoop does and answers nothing that could not be committed", async () => {
  using loop = new TestLoop();
  await loop.issue();
  loop.store.isFull = true;
  const refused = [loop.issue(), loop.issue()];
  for (const each of refused) await assertRejects(() => each, StoreError, "the disk is full");
  loop.store.isFull = false;
  await assertRejects(() => loop.issue(), StoreError, "the disk is full");
  loop.submit({ type: "DISCONNECTED", reason: "tested" });
  assertEquals(loop.entries, ["commit 1", "perform 1", "answer 1"]);
  assertEquals(loop.failures.map(({ name }) => name), ["StoreError"]);
});

Deno.test("SchedulerLoop refuses what comes after its stop, and what was not handled before", async () => {
  using loop = new TestLoop();
  const tooLate = [loop.issue()];
  loop.stop();
  tooLate.push(loop.issue());
  for (const each of tooLate) await assertRejects(() => each, Error, "has been shut down");
  assertEquals(loop.entries, []);
  assertEquals(loop.failures, []);
});
