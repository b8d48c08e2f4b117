/**
 * A master of the embedded Mesos as a process of its own, with the options that it is given as JSON.
 *
 * @module
 */

import { startMaster } from "../../cluster/master/master_server.ts";

startMaster(JSON.parse(Deno.args[0] ?? "{}"));
