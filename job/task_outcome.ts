/**
 * How an executor reports the end of a task: the exit status as the update's message, the rest as
 * labels. Both directions are here, so that they can't drift apart.
 *
 * @module
 */

const WALL_TIME = "wallTime";
const STANDARD_ERROR_TAIL = "stderrTail";
const MEMORY_LIMIT = "memoryLimit";
const TIME_LIMIT = "timeLimit";
const UNDEPLOYED = "undeployed";

/** A label of an update. */
export interface OutcomeLabel {
  /** Its name. */
  key: string;
  /** Its value. */
  value?: string | undefined;
}

/** What the executor knows of a task that has ended. */
export interface TaskOutcome {
  /** The command's exit status, a signal as minus its number; absent when it never started. */
  exitStatus?: number | undefined;
  /** Why it never started, or what went wrong besides. */
  reason?: string | undefined;
  /** How long it ran, measured on the node; above 0. */
  wallTimeSeconds?: number | undefined;
  /** The last lines of its standard error, when it failed. */
  standardErrorTail?: string | undefined;
  /** It was ended for using too much memory. */
  memoryLimitExceeded?: boolean | undefined;
  /** It was ended for running longer than it may. */
  timeLimitExceeded?: boolean | undefined;
  /** It never started, since its user script could not be had. */
  isUndeployed?: boolean | undefined;
}

/** The parts of a status update that carry an outcome. */
export interface OutcomeStatus {
  /** The exit status in decimal, or the reason. */
  message?: string | undefined;
  /** The other members. */
  labels?: { labels?: OutcomeLabel[] | undefined } | undefined;
}

/** The message and the labels of a terminal update. */
export function encodeOutcome(outcome: TaskOutcome): OutcomeStatus & { message: string } {
  const labels: OutcomeLabel[] = [];
  if (outcome.wallTimeSeconds !== undefined) {
    labels.push({ key: WALL_TIME, value: String(outcome.wallTimeSeconds) });
  }
  if (outcome.standardErrorTail) {
    labels.push({ key: STANDARD_ERROR_TAIL, value: outcome.standardErrorTail });
  }
  if (outcome.memoryLimitExceeded) labels.push({ key: MEMORY_LIMIT, value: "true" });
  if (outcome.timeLimitExceeded) labels.push({ key: TIME_LIMIT, value: "true" });
  if (outcome.isUndeployed) labels.push({ key: UNDEPLOYED, value: "true" });
  const message = outcome.exitStatus === undefined
    ? outcome.reason ?? ""
    : String(outcome.exitStatus);
  return { message, labels: { labels } };
}

/** Reads what {@linkcode encodeOutcome} wrote; anything else gives a reason and no exit status. */
export function decodeOutcome(status: OutcomeStatus): TaskOutcome {
  const labels = new Map(status.labels?.labels?.map(({ key, value }) => [key, value]));
  const wallTime = Number(labels.get(WALL_TIME) ?? NaN);
  const isStatus = /^-?\d{1,3}$/.test(status.message ?? "");
  return {
    exitStatus: isStatus ? Number(status.message) : undefined,
    reason: isStatus ? undefined : status.message || undefined,
    wallTimeSeconds: wallTime > 0 && wallTime < Infinity ? wallTime : undefined,
    standardErrorTail: labels.get(STANDARD_ERROR_TAIL),
    memoryLimitExceeded: labels.get(MEMORY_LIMIT) === "true",
    timeLimitExceeded: labels.get(TIME_LIMIT) === "true",
    isUndeployed: labels.get(UNDEPLOYED) === "true",
  };
}
