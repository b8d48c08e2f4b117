/**
 * The documents of our own that travel between processes: what a task is, how a node does, where a
 * user script is, how a task ended.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { decodeBundleReport, encodeBundleReport } from "../../job/bundle_report.ts";
import { decodeNodeInfo, encodeNodeInfo, nodeInfoMessage } from "../../job/node_info.ts";
import { decodeTaskData, encodeTaskData } from "../../job/task_data.ts";
import { decodeOutcome, encodeOutcome } from "../../job/task_outcome.ts";
import { UserScriptError } from "../../resource/resource_errors.ts";
import { formatPickledResource, parsePickledResource } from "../../resource/pickled_resource.ts";
import { mutateText } from "./mutation.ts";
import { attempt, bytesOf, type Target } from "./target.ts";

/** No error may be longer, however long the input. */
const MAX_MESSAGE_LENGTH = 400;

const SECRET = "s3cret-value";

const taskDataTarget: Target = {
  name: "task-data",
  iterations: 4000,
  seeds: () => [
    encodeTaskData({ jobID: 7, command: "true", environment: {} }),
    encodeTaskData({
      jobID: 12,
      command: `echo ${SECRET}`,
      environment: { TOKEN: SECRET, "ü": "\n" },
      userScript: "toil.resource.FileResource:[]",
      standardOutputPath: "/logs/out",
      standardErrorPath: "/logs/err",
      gpus: 1,
      workerCleanup: { workDir: "/w", workflowID: "id", cleanWorkDir: "onSuccess" },
    }),
    encodeTaskData({
      jobs: [1, 2].map((jobID) => ({
        jobID,
        attemptId: `${jobID}-1-a`,
        command: "true",
        environment: { TOKEN: SECRET, N: String(jobID) },
      })),
      bundleMs: 1_000,
    }),
  ],
  mutate: mutateText,
  check(bytes) {
    const read = attempt(TypeError, () => decodeTaskData(bytes));
    if ("refused" in read) {
      const { message } = read.refused;
      assert(message.startsWith("Cannot read the task's data: "), message);
      assert(message.length < MAX_MESSAGE_LENGTH && !message.includes(SECRET), message);
      return "refused";
    }
    const { value } = read;
    for (const job of value.jobs) {
      assert(Number.isSafeInteger(job.jobID) && typeof job.command === "string");
      for (const each of Object.values(job.environment)) assertEquals(typeof each, "string");
      const { attemptId, ...alone } = job;
      // It becomes a part of paths.
      assertEquals(attemptId !== undefined, value.bundleMs !== undefined);
      assert(!/[\/\0]|^\.{0,2}$/.test(attemptId ?? "a"), attemptId);
      assertEquals(decodeTaskData(encodeTaskData(alone)), { jobs: [alone] });
    }
    return "read";
  },
};

const bundleReportTarget: Target = {
  name: "bundle-report",
  iterations: 4000,
  seeds: () => [
    encodeBundleReport({
      ended: [
        { jobID: 1, state: "TASK_FINISHED", ...encodeOutcome({ exitStatus: 0 }) },
        { jobID: 2, state: "TASK_FAILED", ...encodeOutcome({ reason: "why", exitStatus: 3 }) },
      ],
      running: 3,
      givenBack: [4, 5],
    }),
  ],
  mutate: mutateText,
  check(bytes) {
    const report = decodeBundleReport(bytes);
    if (!report) return "ignored";
    for (const end of report.ended) decodeOutcome(end);
    assertEquals(decodeBundleReport(encodeBundleReport(report)), report);
    return "read";
  },
};

const nodeInfoTarget: Target = {
  name: "node-info",
  iterations: 4000,
  seeds: () => [
    encodeNodeInfo(nodeInfoMessage("10.0.0.5", {
      coresUsed: 0.5,
      memoryUsed: 0.25,
      coresTotal: 4,
      memoryTotal: 2 ** 33,
      workers: 3,
    })),
  ],
  mutate: mutateText,
  check(bytes) {
    const message = decodeNodeInfo(bytes);
    if (!message) return "ignored";
    assertEquals(typeof message.address, "string");
    for (const value of Object.values(message.nodeInfo)) assert(Number.isFinite(value));
    // What else it says is carried along as JSON, which has no infinity.
    assertEquals(decodeNodeInfo(encodeNodeInfo(message))?.nodeInfo, message.nodeInfo);
    return "read";
  },
};

const HASH = "d41d8cd98f00b204e9800998ecf8427e";

const pickledResourceTarget: Target = {
  name: "pickled-resource",
  iterations: 4000,
  seeds: () =>
    ["toil_mesos.resource.DirectoryResource", "toil.resource.VirtualEnvResource"].map((name) =>
      bytesOf(`${name}:["pipeline", "${HASH}", "http://10.0.0.1:8080/u/1#sha256=aa", "${HASH}"]`)
    ),
  mutate: (input, chance, others) => {
    // The list after the name is JSON of its own.
    const colon = input.indexOf(0x3a);
    if (colon < 0 || chance.happens(0.3)) return mutateText(input, chance, others);
    const rest = mutateText(input.subarray(colon + 1), chance, others);
    return new Uint8Array([...input.subarray(0, colon + 1), ...rest]);
  },
  check(bytes) {
    const text = new TextDecoder().decode(bytes);
    const read = attempt(UserScriptError, () => parsePickledResource(text));
    if ("refused" in read) {
      const { message } = read.refused;
      assert(message.startsWith("Cannot read user script resource "), message);
      assert(message.length < MAX_MESSAGE_LENGTH, message);
      return "refused";
    }
    const { name, pathHash, contentHash } = read.value;
    // These become parts of paths.
    assert(/^[^/\0]+$/.test(name) && name !== "." && name !== "..", JSON.stringify(name));
    assert(/^[0-9a-f]{32}$/.test(pathHash) && /^[0-9a-f]{32}$/.test(contentHash));
    assertEquals(parsePickledResource(formatPickledResource(read.value)), read.value);
    return "read";
  },
};

/** The documents. */
export const DOCUMENT_TARGETS: readonly Target[] = [
  taskDataTarget,
  bundleReportTarget,
  nodeInfoTarget,
  pickledResourceTarget,
];
