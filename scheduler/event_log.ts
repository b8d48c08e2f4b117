/**
 * Writes log lines for events, for the operators of the scheduler.
 *
 * @module
 */

import type { Logger } from "../support/log.ts";
import { formatDuration } from "../support/units.ts";
import type { BatchSystemEvent } from "./core/events.ts";

/** A launch may fail by chance; this many failed launches of one job have a cause. */
const WORRYING_ATTEMPTS = 3;

const RETRIED = "Job {jobID} is run again: attempt {attempts} of {maxAttempts}, on node {node}, " +
  "was {exitReason} with status {exitStatus}";

const RESTORED = "The state is older than what was run with it. Tasks that Mesos still runs are " +
  "adopted. Of {running} jobs that ran, those that Mesos does not know are LOST: they may have " +
  "ended. Of {waiting} jobs that waited, those that ran and ended since, and have no result line, " +
  "run again";

const NAMELESS =
  "The restored state names no framework: jobs that still run under an earlier one " +
  "are not found, and run a second time. To adopt them, interrupt, and run the command with " +
  "--restored-state and the --framework-id that the log of the earlier run names";

const FORGOTTEN =
  "The restored state does not know job {jobID}, which is {state} as task {taskId} on {node}: it " +
  "was issued later. It is ended and its result is lost; issue it again if it is still wanted";

const ON_NODE = {
  JOB_LAUNCHED: "Job {jobID} launched on {node} as task {taskId}",
  JOB_RUNNING: "Job {jobID} running on {node} as task {taskId}",
  JOB_GIVEN_BACK: "Job {jobID} not begun by {node} as task {taskId}, and queued again",
} as const;

/** Writes the line, if there is one. */
export function logEvent(log: Logger, event: BatchSystemEvent): void {
  switch (event.type) {
    case "STARVING":
      return log.warn("No node can satisfy some queued jobs: {message}", {
        message: event.message,
      });
    case "JOB_UNREACHABLE":
      return log.warn("Node {node} can't be reached; job {jobID} may still run there", {
        ...event,
      });
    case "RESTORED":
      if (!event.namesFramework) log.warn(NAMELESS);
      return log.warn(RESTORED, { ...event });
    case "JOB_FORGOTTEN":
      return log.warn(FORGOTTEN, { ...event });
    case "JOB_ADOPTED":
      return log.info("Job {jobID} is task {taskId}, which the state did not know", { ...event });
    case "LAUNCH_SILENT":
      return log.warn(
        "Node {node} has reported nothing about job {jobID} (task {taskId}) for {duration}: its " +
          "executor is still being fetched, or does not start; check the agent's log and the " +
          "executor's sandbox",
        { ...event, duration: formatDuration(event.silentMs) },
      );
    case "JOB_REQUEUED":
      return event.attempt < WORRYING_ATTEMPTS
        ? log.info("Job {jobID} is queued again: {reason}", { ...event })
        : log.warn("Job {jobID} failed to start {attempt} times: {reason}", { ...event });
    case "JOB_RETRIED":
      return log.info(RETRIED, { ...event });
    case "NODE_SEEN":
      return log.info("Node {node} joined (agent {agentId})", { ...event });
    case "NODE_LOST":
      return log.warn("Node {node} lost (agent {agentId})", { ...event });
    case "EXECUTOR_SILENT":
      return log.warn(
        "Executor {executorId} on node {node} does not answer: it gets no jobs; unless it answers " +
          "within --unreachable-timeout, its jobs are LOST and it is ended",
        { ...event },
      );
    case "EXECUTOR_HEARD":
      return log.warn("Executor {executorId} on node {node} answers again", { ...event });
    case "JOB_ISSUED":
      return log.debug("Job {jobID} issued", { ...event });
    case "JOB_LAUNCHED":
    case "JOB_RUNNING":
    case "JOB_GIVEN_BACK":
      return log.debug(ON_NODE[event.type], { ...event });
    case "JOB_ENDED": {
      // Not its message: a job may have said anything.
      const { jobID, taskId, exitReason, exitStatus } = event.result;
      const about = { jobID, taskId, exitReason, exitStatus };
      return log.debug("Job {jobID} ended: {exitReason}, status {exitStatus}", about);
    }
    case "JOB_KILLED":
      return log.debug("Job {jobID} killed (confirmed: {confirmed})", { ...event });
    case "EXECUTOR_ENDED":
      // Reported by executor_ends.ts, with the reason.
      return;
    case "REGISTERED":
    case "REREGISTERED":
    case "DISCONNECTED":
    case "FRAMEWORK_REMOVED":
      // Logged where it is detected.
      return;
    default:
      return event satisfies never;
  }
}
