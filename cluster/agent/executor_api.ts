/**
 * `POST /api/v1/executor`: requests become inputs of the agent's logic.
 *
 * @see Http::executor in src/slave/http.cpp in Mesos
 * @module
 */

import type { ServerAnswer, ServerRequest } from "../../http/request_handler.ts";
import { executorCallCodec, type MediaType, PROTOBUF } from "../../mesos/wire/codec.ts";
import type {
  ExecutorCall,
  ExecutorCallSubscribe,
  ExecutorEvent,
} from "../../mesos/wire/messages.ts";
import type { EventStreams } from "../http/event_streams.ts";
import { negotiate, readCall } from "../http/api_request.ts";
import { ACCEPTED, badRequest, notImplemented, Refusal } from "../http/http_responses.ts";
import type { AgentInput } from "./core/agent_step.ts";
import { executorCallError, hasStates } from "./executor_call.ts";
import type { ExecutorClaims } from "./executor_tokens.ts";
import type { Executor, Framework } from "./core/agent_records.ts";
import type { AgentState } from "./core/agent_state.ts";

export interface ExecutorApiHost {
  state: AgentState;
  take(input: AgentInput): void;
  streams: EventStreams<ExecutorEvent>;
}

/**
 * Answers a request of an executor; `claims` come from its token, if executors must authenticate.
 */
export async function handleExecutorRequest(
  host: ExecutorApiHost,
  request: ServerRequest,
  claims: ExecutorClaims | undefined,
): Promise<ServerAnswer> {
  const call = await readCall(request, executorCallCodec);
  if (!hasStates(call)) throw incomplete(request);
  const error = executorCallError(call);
  if (error) throw badRequest(`Failed to validate Executor::Call: ${error}`);
  if (call.type === "HEARTBEAT") return ACCEPTED;
  const mediaType = call.type === "SUBSCRIBE" ? negotiate(request) : PROTOBUF;
  if (call.type !== "SUBSCRIBE" && host.state.phase === "RECOVERING") {
    throw new Refusal(503, "Agent has not finished recovery");
  }
  const caller = findCaller(host.state, call, claims);
  return call.subscribe && call.type === "SUBSCRIBE"
    ? subscribe(host, { ...caller, subscribe: call.subscribe, mediaType })
    : handleCall(host, caller.framework, call);
}

function incomplete({ headers }: ServerRequest): Refusal {
  return badRequest(
    headers["content-type"] === PROTOBUF
      ? "Failed to parse body into Call protobuf"
      : "Failed to convert JSON into Call protobuf: Missing required fields: status.state",
  );
}

function findCaller(
  state: AgentState,
  { type, framework_id, executor_id }: ExecutorCall,
  claims: ExecutorClaims | undefined,
): { framework: Framework; executor: Executor } {
  const framework = state.frameworks.get(framework_id.value);
  if (!framework) throw badRequest("Framework cannot be found");
  const executor = framework.executors.get(executor_id.value);
  if (!executor) throw badRequest("Executor cannot be found");
  if (claims && !areOf(claims, executor)) {
    throw new Refusal(403, "The token is that of another executor, or of another run of it");
  }
  if (executor.state === "REGISTERING" && type !== "SUBSCRIBE") {
    throw new Refusal(403, "Executor is not subscribed");
  }
  return { framework, executor };
}

function areOf({ fid, eid, cid }: ExecutorClaims, { run }: Executor): boolean {
  return fid === run.frameworkId && eid === run.executorId && cid === run.containerId;
}

function subscribe(
  host: ExecutorApiHost,
  { framework, executor, subscribe, mediaType }: {
    framework: Framework;
    executor: Executor;
    subscribe: ExecutorCallSubscribe;
    mediaType: MediaType;
  },
): ServerAnswer {
  const { streamId, body } = host.streams.open(mediaType);
  host.take({ type: "SUBSCRIBE", framework, executor, streamId, subscribe });
  return { status: 200, headers: { "Content-Type": mediaType }, body };
}

function handleCall(host: ExecutorApiHost, framework: Framework, call: ExecutorCall): ServerAnswer {
  if (call.update && call.type === "UPDATE") {
    host.take({ type: "UPDATE", framework, status: call.update.status });
    return ACCEPTED;
  }
  if (call.message && call.type === "MESSAGE") {
    const executorId = call.executor_id.value;
    host.take({ type: "MESSAGE", framework, executorId, data: call.message.data });
    return ACCEPTED;
  }
  throw notImplemented();
}
