/**
 * `POST /api/v1/scheduler`: requests become inputs of the master's logic.
 *
 * @see Master::Http::scheduler in src/master/http.cpp in Mesos
 * @module
 */

import { schedulerCallCodec } from "../../mesos/wire/codec.ts";
import type {
  SchedulerCall,
  SchedulerCallSubscribe,
  SchedulerEvent,
} from "../../mesos/wire/messages.ts";
import type { EventStreams } from "../http/event_streams.ts";
import { negotiate, readCall } from "../http/api_request.ts";
import {
  accepted,
  badRequest,
  methodNotAllowed,
  notImplemented,
  textResponse,
} from "../http/http_responses.ts";
import type { MasterInput } from "./core/master_step.ts";
import type { Framework } from "./core/master_records.ts";
import { callError, principalError } from "./scheduler_call.ts";
import type { MasterState } from "./core/master_state.ts";
import { updateFramework } from "./core/framework_subscription.ts";

const STREAM_ID_HEADER = "Mesos-Stream-Id";

export interface SchedulerApiHost {
  state: MasterState;
  take(input: MasterInput): void;
  flush(): void;
  streams: EventStreams<SchedulerEvent>;
}

export async function handleSchedulerRequest(
  host: SchedulerApiHost,
  request: Request,
  principal: string | undefined,
): Promise<Response> {
  if (request.method !== "POST") return methodNotAllowed("POST", request.method);
  const call = await readCall(request, schedulerCallCodec);
  if (call instanceof Response) return call;
  const error = callError(call, principal);
  if (error) return badRequest(`Failed to validate scheduler::Call: ${error}`);
  if (call.type === "SUBSCRIBE" && call.subscribe) {
    return subscribe(host, request, { subscribe: call.subscribe, principal });
  }
  const framework = callingFramework(host.state, request, { call, principal });
  return framework instanceof Response ? framework : handleCall(host, framework, call);
}

function subscribe(
  host: SchedulerApiHost,
  request: Request,
  { subscribe, principal }: { subscribe: SchedulerCallSubscribe; principal: string | undefined },
): Response {
  const mediaType = negotiate(request);
  if (mediaType instanceof Response) return mediaType;
  if (request.headers.has(STREAM_ID_HEADER)) {
    return badRequest(`Subscribe calls should not include the '${STREAM_ID_HEADER}' header`);
  }
  const { framework_info } = subscribe;
  const info = { ...framework_info, principal: framework_info.principal ?? principal };
  const { streamId, body } = host.streams.open(mediaType);
  host.take({ type: "SUBSCRIBE", streamId, subscribe: { ...subscribe, framework_info: info } });
  return new Response(body, {
    headers: { "Content-Type": mediaType, [STREAM_ID_HEADER]: streamId },
  });
}

function callingFramework(
  state: MasterState,
  request: Request,
  { call, principal }: { call: SchedulerCall; principal: string | undefined },
): Framework | Response {
  const framework = state.frameworks.get(call.framework_id?.value ?? "");
  if (!framework) return badRequest("Framework cannot be found");
  const stranger = principal === undefined
    ? undefined
    : principalError(principal, framework.info.principal ?? "");
  if (stranger) return badRequest(stranger);
  if (framework.connection !== "CONNECTED") {
    return textResponse(403, "Framework is not subscribed");
  }
  const streamId = request.headers.get(STREAM_ID_HEADER);
  if (streamId === null) {
    return badRequest(`All non-subscribe calls should include the '${STREAM_ID_HEADER}' header`);
  }
  if (streamId === framework.streamId) return framework;
  return badRequest(
    `The stream ID '${streamId}' included in this request didn't match the stream ID` +
      ` currently associated with framework ID ${framework.id}`,
  );
}

function handleCall(host: SchedulerApiHost, framework: Framework, call: SchedulerCall): Response {
  switch (call.type) {
    case "UPDATE_FRAMEWORK": {
      if (!call.update_framework) return notImplemented();
      const error = updateFramework(host.state, framework, call.update_framework);
      host.flush();
      return error ? badRequest(error) : new Response(null, { status: 200 });
    }
    case "ACKNOWLEDGE_OPERATION_STATUS":
    case "RECONCILE_OPERATIONS":
    case "UNKNOWN":
      // This cluster has no offer operations: it supports neither volumes nor reservations.
      return notImplemented();
    default:
      host.take({ type: "CALL", framework, call });
      return accepted();
  }
}
