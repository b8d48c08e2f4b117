/**
 * `POST /internal/agents`: messages of agents become inputs of the master's logic.
 *
 * @module
 */

import { readJsonBody } from "../http/api_request.ts";
import {
  type AgentMessage,
  agentMessages,
  AGENTS_PATH,
  LINK_HEADER,
  type MasterMessage,
  readJson,
  type Registration,
  registration,
} from "../protocol/agent_protocol.ts";
import type { EventStreams } from "../http/event_streams.ts";
import { accepted, badRequest, methodNotAllowed, notFound } from "../http/http_responses.ts";
import type { MasterInput } from "./core/master_step.ts";

export interface AgentApiHost {
  take(input: MasterInput): void;
  links: EventStreams<MasterMessage>;
}

export async function handleAgentRequest(
  host: AgentApiHost,
  request: Request,
  path: string,
): Promise<Response> {
  if (request.method !== "POST") return methodNotAllowed("POST", request.method);
  const body = await readJsonBody(request);
  if (body instanceof Response) return body;
  try {
    return path === AGENTS_PATH
      ? register(host, readJson(body, registration))
      : tell(host, path.slice(AGENTS_PATH.length + 1), readJson(body, agentMessages));
  } catch (error) {
    if (error instanceof SyntaxError) return badRequest(error.message);
    throw error;
  }
}

function register(host: AgentApiHost, registration: Registration): Response {
  const { streamId: linkId, body } = host.links.open();
  host.take({ type: "REGISTER", linkId, registration });
  return new Response(body, { headers: { [LINK_HEADER]: linkId } });
}

function tell(host: AgentApiHost, linkId: string, messages: AgentMessage[]): Response {
  if (!host.links.has(linkId)) return notFound("Link cannot be found");
  for (const message of messages) host.take({ type: "AGENT_MESSAGE", linkId, message });
  return accepted();
}
