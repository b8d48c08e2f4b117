/**
 * The protobuf schema of Mesos' v1 API, read from the `.proto` files beside this one.
 *
 * @module
 */

import protobuf from "protobufjs";
import mesosProto from "./mesos.proto" with { type: "text" };
import schedulerProto from "./scheduler.proto" with { type: "text" };
import executorProto from "./executor.proto" with { type: "text" };

/**
 * Builds the schema; field names remain as on the wire (snake_case), so that JSON needs no mapping.
 */
export function loadSchema(): protobuf.Root {
  const root = new protobuf.Root();
  for (const text of [mesosProto, schedulerProto, executorProto]) {
    protobuf.parse(text, root, { keepCase: true });
  }
  root.resolveAll();
  return root;
}
