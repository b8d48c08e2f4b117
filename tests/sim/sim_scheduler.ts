/**
 * The real logic and a store, with simulated everything else: a process that may die between any two
 * steps, a connection that may break at any time, and a user who wants each result once.
 *
 * @module
 */

import { nodeInfoMessage } from "../../job/node_info.ts";
import type { SchedulerEvent } from "../../mesos/wire/messages.ts";
import type { SchedulerRequest } from "../../mesos/scheduler.ts";
import type { Input } from "../../scheduler/core/inputs.ts";
import { step, type StepResult, TICK_MS } from "../../scheduler/core/step.ts";
import type { JobSpec } from "../../scheduler/core/records.ts";
import { SchedulerState } from "../../scheduler/core/scheduler_state.ts";
import { MemoryStore } from "../../scheduler/store/memory_store.ts";
import { newFramework, SETTINGS } from "../../scheduler/testing.ts";
import type { Ledger } from "./ledger.ts";
import type { SimMaster, SimStream } from "./sim_master.ts";
import type { World } from "./world.ts";

const DIGEST = "the job file";
const ISSUE_BATCH = 7;
const RESUBSCRIBE_MS = 2_000;
const STREAM_MS = 2;

/** How often things go wrong inside the process and on its connection. */
export interface SchedulerFaults {
  /** Before a commit, after it, and after each effect. */
  crash: number;
  /** A call is lost, and the connection with it. */
  lostCall: number;
  /** A call arrives twice, as through a client or proxy that repeats what got no answer. */
  doubledCall: number;
  /** The stream breaks, at each event. */
  brokenStream: number;
}

/** Nothing goes wrong. */
export const NO_FAULTS: SchedulerFaults = {
  crash: 0,
  lostCall: 0,
  doubledCall: 0,
  brokenStream: 0,
};

/** A bug that is put in to see whether the simulation finds it. */
export type PlantedBug =
  | "acts before it commits"
  | "forgets to reconcile"
  | "reports what is told"
  | "takes a refused launch for a proof";

interface Session extends SimStream {
  open: boolean;
  /** When the last call of the ordered lane arrives. */
  laneFreeMs: number;
}

/** The scheduler's process, over all its lives. */
export class SimScheduler {
  readonly faults: SchedulerFaults = { ...NO_FAULTS };
  readonly #world: World;
  readonly #master: SimMaster;
  readonly #ledger: Ledger;
  readonly #jobs: readonly JobSpec[];
  readonly #store = new MemoryStore();
  readonly #bug: PlantedBug | undefined;
  readonly #wantedKills = new Set<number>();
  #state: SchedulerState | undefined;
  #inbox: Input[] = [];
  #life = 0;
  #turnPlanned = false;
  #session: Session | undefined;
  #streams = 0;

  constructor(parts: {
    world: World;
    master: SimMaster;
    ledger: Ledger;
    jobs: readonly JobSpec[];
    bug?: PlantedBug | undefined;
  }) {
    this.#world = parts.world;
    this.#master = parts.master;
    this.#ledger = parts.ledger;
    this.#jobs = parts.jobs;
    this.#bug = parts.bug;
  }

  get up(): boolean {
    return this.#state !== undefined;
  }

  /** Whether every job is done with. */
  get isDone(): boolean {
    const file = this.#state?.jobFiles.get(DIGEST);
    return file?.issued === this.#jobs.length && this.#state?.jobs.size === 0;
  }

  /** Starts the process on what its store has. */
  start(): void {
    this.#world.say(() => "scheduler: starts");
    const life = ++this.#life;
    this.#state = new SchedulerState(this.#store.load(newFramework()), this.#world.nowMs);
    this.#inbox = [];
    this.#turnPlanned = false;
    this.#submit({ type: "STARTED" });
    this.#connect(life);
    const tick = () => {
      if (life !== this.#life || !this.#state) return;
      this.#submit({ type: "TICK" });
      this.#actAsUser();
      this.#world.after(TICK_MS, tick);
    };
    tick();
  }

  /** Kills the process. */
  crash(): void {
    if (!this.#state) return;
    this.#world.say(() => "scheduler: dies");
    this.#life++;
    this.#state = undefined;
    this.#drop();
    this.#world.after(this.#world.chance.between(10, 20_000), () => this.start());
  }

  /** The user wants this job killed. */
  kill(jobID: number): void {
    this.#wantedKills.add(jobID);
  }

  /** The connection breaks. */
  disconnect(reason: string): void {
    if (!this.#session) return;
    this.#world.say(() => `scheduler: disconnected, ${reason}`);
    this.#drop();
    const life = this.#life;
    this.#submit({ type: "DISCONNECTED", reason });
    this.#world.after(this.#world.chance.between(0, RESUBSCRIBE_MS), () => this.#connect(life));
  }

  // ---- the user

  /** Issues what is not issued, takes results, repeats kills that got no answer. */
  #actAsUser(): void {
    const state = this.#state as SchedulerState;
    const issued = state.jobFiles.get(DIGEST)?.issued ?? 0;
    if (issued < this.#jobs.length) {
      const specs = this.#jobs.slice(issued, issued + ISSUE_BATCH);
      this.#submit({ type: "ISSUE", specs, file: { digest: DIGEST, issuedBefore: issued } });
    }
    const results = [...state.undelivered].flatMap((jobID) => state.jobs.get(jobID)?.result ?? []);
    if (results.length > 0) {
      for (const result of results) this.#ledger.report(result);
      this.#submit({ type: "DELIVERED", jobIDs: results.map(({ jobID }) => jobID) });
    }
    for (const jobID of this.#wantedKills) {
      // What was reported before can't be killed any more.
      const isOver = this.#ledger.results.has(jobID) || this.#ledger.killed.has(jobID);
      if (isOver) this.#wantedKills.delete(jobID);
      else if (state.jobs.has(jobID)) this.#submit({ type: "KILL", jobIDs: [jobID] });
    }
  }

  // ---- the loop

  #submit(input: Input): void {
    if (!this.#state) return;
    this.#inbox.push(input);
    if (this.#turnPlanned) return;
    this.#turnPlanned = true;
    const life = this.#life;
    this.#world.after(
      this.#world.chance.happens(0.2) ? this.#world.chance.between(0, 50) : 0,
      () => {
        if (life === this.#life) this.#turn();
      },
    );
  }

  #turn(): void {
    const state = this.#state as SchedulerState;
    this.#turnPlanned = false;
    const inbox = this.#inbox;
    this.#inbox = [];
    const results = inbox.map((input) =>
      step(state, input, { settings: SETTINGS, nowMs: this.#world.nowMs })
    );
    if (this.#bug === "acts before it commits") results.forEach((result) => this.#perform(result));
    if (this.#dies()) return;
    const changes = state.takeChanges();
    if (changes) this.#store.commit(changes);
    // What is committed has happened, whether or not this process lives to tell of it.
    for (const { events } of results) {
      for (const event of events) if (event.type === "JOB_KILLED") this.#ledger.kill(event.jobID);
    }
    if (this.#bug === "acts before it commits") return;
    for (const result of results) {
      if (this.#dies()) return;
      this.#perform(result);
    }
    const wakeMs = results.at(-1)?.wakeMs;
    if (wakeMs !== undefined) {
      const life = this.#life;
      this.#world.after(wakeMs - this.#world.nowMs, () => {
        if (life === this.#life) this.#submit({ type: "TICK" });
      });
    }
  }

  #dies(): boolean {
    if (!this.#world.chance.happens(this.faults.crash)) return false;
    this.crash();
    return true;
  }

  #perform({ calls, subscribeAnew }: StepResult): void {
    for (const call of calls) this.#send(call);
    if (subscribeAnew) {
      this.#drop();
      this.#connect(this.#life);
    }
  }

  // ---- the connection

  #drop(): void {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    session.open = false;
    // The master hears of it after calls that were on their way.
    this.#world.after(this.#world.chance.between(0, 30), () => this.#master.streamLost(session));
  }

  #connect(life: number): void {
    if (life !== this.#life || !this.#state || this.#session) return;
    if (!this.#master.up) {
      this.#world.after(this.#world.chance.between(0, RESUBSCRIBE_MS), () => this.#connect(life));
      return;
    }
    const session: Session = {
      id: ++this.#streams,
      open: true,
      laneFreeMs: 0,
      event: (event) => this.#receive(session, event),
      closed: () => {
        // After the events that came before it.
        this.#world.after(STREAM_MS, () => {
          if (this.#session === session) this.disconnect("the master closed the stream");
        });
      },
    };
    this.#session = session;
    this.#master.subscribe(this.#state.framework.frameworkId, session);
  }

  /** Events of one stream come in order, after some time, until it breaks. */
  #receive(session: Session, event: SchedulerEvent): void {
    if (!session.open) return;
    if (this.#world.chance.happens(this.faults.brokenStream)) {
      session.open = false;
      this.#world.after(STREAM_MS, () => {
        if (this.#session === session) this.disconnect("the stream broke");
      });
      return;
    }
    const life = this.#life;
    this.#world.after(STREAM_MS, () => {
      if (life === this.#life && this.#session === session) this.#handle(event);
    });
  }

  #handle(event: SchedulerEvent): void {
    const { subscribed, offers, update, failure, message, error } = event;
    if (subscribed) {
      if (this.#bug === "forgets to reconcile") (this.#state as SchedulerState).connected = true;
      else this.#submit({ type: "SUBSCRIBED", frameworkId: subscribed.framework_id.value });
    } else if (offers) this.#submit({ type: "OFFERS", offers: offers.offers ?? [] });
    else if (update) {
      const isBelieved = this.#bug === "reports what is told" ||
        (this.#bug === "takes a refused launch for a proof" &&
          update.status.state === "TASK_DROPPED");
      const uuid = isBelieved ? new Uint8Array(16) : undefined;
      this.#submit({ type: "UPDATE", status: { ...(uuid ? { uuid } : {}), ...update.status } });
    } else if (message) {
      const { agent_id, executor_id } = message;
      const load = { coresUsed: 0, memoryUsed: 0, coresTotal: 1, memoryTotal: 1, workers: 0 };
      this.#submit({
        type: "NODE_INFO",
        agentId: agent_id.value,
        executorId: executor_id.value,
        message: nodeInfoMessage(agent_id.value, load),
      });
    } else if (failure?.executor_id && failure.agent_id) {
      this.#submit({
        type: "EXECUTOR_LOST",
        agentId: failure.agent_id.value,
        executorId: failure.executor_id.value,
        status: failure.status ?? 0,
      });
    } else if (failure?.agent_id) {
      this.#submit({ type: "AGENT_LOST", agentId: failure.agent_id.value });
    } else if (error) this.#submit({ type: "FRAMEWORK_REMOVED" });
  }

  /** Calls are sent in order, acknowledgements beside them; a lost call breaks the connection. */
  #send(call: SchedulerRequest): void {
    const session = this.#session;
    if (!session?.open) return;
    const { chance, nowMs } = this.#world;
    const delayMs = chance.between(1, 10);
    const arrivesMs = call.acknowledge
      ? nowMs + delayMs
      : session.laneFreeMs = Math.max(nowMs, session.laneFreeMs) + delayMs;
    if (chance.happens(this.faults.lostCall)) {
      // Whether it arrived or not, the sender hears nothing of it.
      if (chance.happens(0.5)) this.#deliver(session, call, arrivesMs - nowMs);
      session.open = false;
      this.#world.after(arrivesMs - nowMs, () => {
        if (this.#session === session) this.disconnect("a call was lost");
      });
      return;
    }
    this.#deliver(session, call, arrivesMs - nowMs);
    if (chance.happens(this.faults.doubledCall)) {
      this.#deliver(session, call, arrivesMs - nowMs + chance.between(0, 50));
    }
  }

  #deliver(session: Session, call: SchedulerRequest, ms: number): void {
    this.#world.after(ms, () => {
      const accepted = this.#master.call(session.id, call);
      if (!accepted && this.#session === session) this.disconnect("a call was refused");
    });
  }
}
