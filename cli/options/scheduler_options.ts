/**
 * The options of `toil-mesos scheduler`.
 *
 * @module
 */

import { z } from "zod";
import { MESOS_OPTIONS } from "../../scheduler/mesos_options.ts";
import { logOptions } from "./log_options.ts";
import { cores, count, duration, flag, size, text } from "./option_schemas.ts";
import type { OptionValues } from "./parse_options.ts";

function mesosOption(name: string) {
  const found = MESOS_OPTIONS.find((option) => option.name === name);
  if (!found) throw new RangeError(`Cannot find the option ${name}`);
  const { value, description, aliases, repeatable } = found;
  return { value, description, aliases, repeatable };
}

/** The options; setup/batch_system_settings.ts has their defaults. */
export const SCHEDULER_OPTIONS = {
  endpoint: {
    ...mesosOption("endpoint"),
    description: `${mesosOption("endpoint").description} (this host, port 5050)`,
    schema: text.optional(),
  },
  jobs: {
    value: "FILE",
    description: "run the jobs of this file, then exit; - is standard input",
    schema: text.optional(),
  },
  listen: {
    value: "ADDR",
    description: "serve clients on unix:PATH or HOST:PORT (without --jobs: a socket in the " +
      "user's runtime directory)",
    schema: text.optional(),
  },
  endWithStdin: {
    description: "kill the jobs and exit when standard input closes",
    schema: flag,
  },
  results: {
    value: "FILE",
    description: "write result lines to this file (default: standard output; without --jobs: none)",
    schema: text.optional(),
  },
  report: {
    value: "FILE",
    description: "at the end, write an HTML page about the run here: times, nodes, failures",
    schema: text.optional(),
  },
  state: {
    value: "DIR",
    description:
      "directory of the state, with which the same command resumes the run (with --jobs: " +
      "in memory, else $XDG_STATE_HOME/toil-mesos)",
    schema: text.optional(),
  },
  restoredState: {
    description: "the state is from a backup or lost its last writes: adopt tasks that still run",
    schema: flag,
  },
  userScript: {
    value: "PATH",
    description: "file or directory to deploy to every node",
    schema: text.optional(),
  },
  userScriptExclude: {
    value: "GLOB",
    description: "leave out of a user-script directory, as a line of .gitignore would",
    schema: z.array(text).default([]),
    repeatable: true,
  },
  toilResource: {
    value: "R",
    description: "instead, a user script in Toil's job store, as serialized by Resource.pickle()",
    schema: text.optional(),
  },
  name: {
    ...mesosOption("name"),
    description: `${mesosOption("name").description} (toil)`,
    schema: text.optional(),
  },
  role: { ...mesosOption("role"), schema: z.array(text).optional() },
  frameworkId: { ...mesosOption("framework-id"), schema: text.optional() },
  failoverTimeout: {
    value: "D",
    description: "how long Mesos keeps the jobs without a scheduler (1w with --state, else 10m)",
    schema: duration.optional(),
  },
  user: {
    value: "NAME",
    description: "run executors as this user (default: the current user)",
    schema: text.optional(),
  },
  principal: {
    value: "P",
    description: "the name to authenticate with",
    schema: text.optional(),
  },
  secretFile: {
    value: "F",
    description: "the principal's secret, for HTTP basic authentication",
    schema: text.optional(),
  },
  caFile: {
    value: "F",
    description: "certificates to trust for https beside the usual ones, in PEM",
    schema: text.optional(),
  },
  executorCaFile: {
    value: "F",
    description:
      "certificates that executors, too, trust for agents that speak TLS, beside the usual ones, in PEM",
    schema: text.optional(),
  },
  advertise: {
    value: "HOST[:PORT]",
    description: "address at which nodes reach this host's file server, which listens on PORT",
    schema: text.optional(),
  },
  executorCommand: {
    value: "C",
    description: 'command that starts the executor (default: this program + " executor")',
    schema: text.optional(),
  },
  executorUri: {
    value: "U",
    description: "URI of the program that agents fetch; self serves this program",
    schema: text.optional(),
  },
  executorCpus: {
    value: "N",
    description: "cpus of the executor itself, which jobs may use (0.01, the minimum)",
    schema: cores.optional(),
  },
  executorMemory: {
    value: "M",
    description: "memory of the executor itself (128Mi)",
    schema: size.optional(),
  },
  executorDisk: {
    value: "D",
    description:
      "disk of the executor itself (256Mi if it fetches a program or user script or clients are " +
      "served, else 32Mi)",
    schema: size.optional(),
  },
  maxCores: {
    value: "N",
    description: "refuse jobs that request more cores",
    schema: cores.optional(),
  },
  maxMemory: {
    value: "M",
    description: "refuse jobs that request more memory",
    schema: size.optional(),
  },
  maxDisk: {
    value: "D",
    description: "refuse jobs that request more disk",
    schema: size.optional(),
  },
  maxLocalJobs: {
    value: "N",
    description: "how many local jobs run at a time (one per cpu)",
    schema: count.optional(),
  },
  setEnv: {
    value: "NAME[=V]",
    description: "set a variable of every job; without V, its value in this environment",
    schema: z.array(text).default([]),
    repeatable: true,
  },
  workflowId: {
    value: "ID",
    description: "name of the files and directories of this run (default: random)",
    schema: z.string().regex(/^[\w.-]{1,100}$/, "expected letters, digits, _ . -").optional(),
  },
  batchLogsDir: {
    value: "DIR",
    description: "write the output of jobs to files here, which all nodes must share",
    schema: text.optional(),
  },
  noStdOutErr: { description: "discard standard output and error of jobs", schema: flag },
  workDir: {
    value: "DIR",
    description: "work directory of jobs on the nodes (default: the sandbox)",
    schema: text.optional(),
  },
  cleanWorkDir: {
    value: "WHEN",
    description: "when to remove job directories: always, onSuccess, onError or never (always)",
    schema: z.enum(["always", "onSuccess", "onError", "never"], {
      error: "expected always, onSuccess, onError or never",
    }).optional(),
  },
  registrationTimeout: {
    value: "D",
    description: "give up when Mesos does not answer for this long (60s)",
    schema: duration.optional(),
  },
  killGrace: {
    value: "D",
    description: "time between TERM and KILL when a job is killed (5s)",
    schema: duration.optional(),
  },
  bundle: {
    value: "D",
    description: "how long short jobs share a task; 0: one task per job (1s)",
    schema: duration.optional(),
  },
  unreachableTimeout: {
    value: "D",
    description: "how long to wait for an unreachable node before its jobs are LOST (10m)",
    schema: duration.optional(),
  },
  ...logOptions("INFO"),
} as const;

/** Their values. */
export type SchedulerOptions = OptionValues<typeof SCHEDULER_OPTIONS>;
