/**
 * `POST /api/v1/scheduler` and `/teardown`: requests become inputs of the master's logic.
 *
 * @see src/master/http.cpp and docs/endpoints/master/teardown.md in Mesos
 * @module
 */

import type { ServerAnswer, ServerRequest } from "../../http/request_handler.ts";
import { schedulerCallCodec } from "../../mesos/wire/codec.ts";
import type {
  SchedulerCall,
  SchedulerCallSubscribe,
  SchedulerEvent,
} from "../../mesos/wire/messages.ts";
import type { EventStreams } from "../http/event_streams.ts";
import { negotiate, readBody, readCall } from "../http/api_request.ts";
import { ACCEPTED, badRequest, notImplemented, OK, Refusal } from "../http/http_responses.ts";
import type { MasterInput } from "./core/master_step.ts";
import type { Framework } from "./core/master_records.ts";
import { callError, principalError } from "./scheduler_call.ts";
import type { MasterState } from "./core/master_state.ts";
import { updateFramework } from "./core/framework_subscription.ts";

const STREAM_ID_HEADER = "Mesos-Stream-Id";

/** The same as requests have it. */
const STREAM_ID = STREAM_ID_HEADER.toLowerCase();

export interface SchedulerApiHost {
  state: MasterState;
  take(input: MasterInput): void;
  flush(): void;
  streams: EventStreams<SchedulerEvent>;
}

export async function handleSchedulerRequest(
  host: SchedulerApiHost,
  request: ServerRequest,
  principal: string | undefined,
): Promise<ServerAnswer> {
  const call = await readCall(request, schedulerCallCodec);
  const error = callError(call, principal);
  if (error) throw badRequest(`Failed to validate scheduler::Call: ${error}`);
  return call.type === "SUBSCRIBE" && call.subscribe
    ? subscribe(host, request, { subscribe: call.subscribe, principal })
    : handleCall(host, callingFramework(host.state, request, { call, principal }), call);
}

function subscribe(
  host: SchedulerApiHost,
  request: ServerRequest,
  { subscribe, principal }: { subscribe: SchedulerCallSubscribe; principal: string | undefined },
): ServerAnswer {
  const mediaType = negotiate(request);
  if (request.headers[STREAM_ID] !== undefined) {
    throw badRequest(`Subscribe calls should not include the '${STREAM_ID_HEADER}' header`);
  }
  const { framework_info } = subscribe;
  const info = { ...framework_info, principal: framework_info.principal ?? principal };
  const { streamId, body } = host.streams.open(mediaType);
  host.take({ type: "SUBSCRIBE", streamId, subscribe: { ...subscribe, framework_info: info } });
  const headers = { "Content-Type": mediaType, [STREAM_ID_HEADER]: streamId };
  return { status: 200, headers, body };
}

function callingFramework(
  state: MasterState,
  { headers }: ServerRequest,
  { call, principal }: { call: SchedulerCall; principal: string | undefined },
): Framework {
  const framework = state.frameworks.get(call.framework_id?.value ?? "");
  if (!framework) throw badRequest("Framework cannot be found");
  const stranger = principal === undefined
    ? undefined
    : principalError(principal, framework.info.principal ?? "");
  if (stranger) throw badRequest(stranger);
  if (framework.connection !== "CONNECTED") {
    throw new Refusal(403, "Framework is not subscribed");
  }
  const streamId = headers[STREAM_ID];
  if (streamId === undefined) {
    throw badRequest(`All non-subscribe calls should include the '${STREAM_ID_HEADER}' header`);
  }
  if (streamId === framework.streamId) return framework;
  throw badRequest(
    `The stream ID '${streamId}' included in this request didn't match the stream ID` +
      ` currently associated with framework ID ${framework.id}`,
  );
}

function handleCall(
  host: SchedulerApiHost,
  framework: Framework,
  call: SchedulerCall,
): ServerAnswer {
  switch (call.type) {
    case "UPDATE_FRAMEWORK": {
      if (!call.update_framework) throw notImplemented();
      const error = updateFramework(host.state, framework, call.update_framework);
      host.flush();
      if (error) throw badRequest(error);
      return OK;
    }
    case "ACKNOWLEDGE_OPERATION_STATUS":
    case "RECONCILE_OPERATIONS":
    case "UNKNOWN":
      // This cluster has no offer operations: it supports neither volumes nor reservations.
      throw notImplemented();
    default:
      host.take({ type: "CALL", framework, call });
      return ACCEPTED;
  }
}

export async function handleTeardown(
  host: SchedulerApiHost,
  request: ServerRequest,
): Promise<ServerAnswer> {
  const body = new TextDecoder().decode(await readBody(request));
  const id = new URLSearchParams(body).get("frameworkId");
  if (!id) throw badRequest("Missing 'frameworkId' query parameter in the request body");
  const framework = host.state.frameworks.get(id);
  if (!framework) throw badRequest("No framework found with specified ID");
  host.take({ type: "CALL", framework, call: { type: "TEARDOWN" } });
  return OK;
}
