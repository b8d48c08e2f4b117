/**
 * How an executor reports the end of a task: the exit status as the update's message, the rest as
 * labels. Encoding and decoding are in one place to stay in step.
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

/** The outcome of an ended task. */
export interface TaskOutcome {
  /** The command's exit status, or minus the number of a signal; absent if it never started. */
  exitStatus?: number | undefined;
  /** Why it never started, or another problem. */
  reason?: string | undefined;
  /** How long it ran, measured on the node; greater than 0. */
  wallTimeSeconds?: number | undefined;
  /** The last lines of its standard error, when it failed. */
  standardErrorTail?: string | undefined;
  /** Whether it was killed for exceeding its memory limit. */
  memoryLimitExceeded?: boolean | undefined;
  /** Whether it was killed for exceeding its time limit. */
  timeLimitExceeded?: boolean | undefined;
  /** Whether it never started because its user script could not be deployed. */
  isUndeployed?: boolean | undefined;
}

/** The parts of a status update that carry an outcome. */
export interface OutcomeStatus {
  /** The exit status in decimal, or the reason. */
  message?: string | undefined;
  /** The other fields. */
  labels?: { labels?: OutcomeLabel[] | undefined } | undefined;
}

/** Encodes an outcome as message and labels of a terminal update. */
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

/**
 * Decodes the output of {@linkcode encodeOutcome}; anything else becomes a reason without exit
 * status.
 */
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
