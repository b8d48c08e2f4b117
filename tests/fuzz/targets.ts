/**
 * Everything that is fuzzed.
 *
 * @module
 */

import { DOCUMENT_TARGETS } from "./documents_target.ts";
import { eventsTarget } from "./events_target.ts";
import { jobsFileTarget } from "./jobs_file_target.ts";
import { masterTarget } from "./master_target.ts";
import { MESSAGE_TARGETS } from "./messages_target.ts";
import { recordioTarget } from "./recordio_target.ts";
import { storeTarget } from "./store_target.ts";
import { unzipTarget } from "./unzip_target.ts";
import type { Target } from "./target.ts";

/** All targets. */
export const TARGETS: readonly Target[] = [
  recordioTarget,
  ...MESSAGE_TARGETS,
  ...DOCUMENT_TARGETS,
  jobsFileTarget,
  eventsTarget,
  masterTarget,
  storeTarget,
  unzipTarget,
];
