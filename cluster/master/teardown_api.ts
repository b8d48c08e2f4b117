/**
 * `POST /teardown`: an operator removes a framework.
 *
 * @see docs/endpoints/master/teardown.md in the Mesos documentation
 * @module
 */

import { readBody } from "../http/api_request.ts";
import { badRequest, methodNotAllowed } from "../http/http_responses.ts";
import type { MasterState } from "./core/master_state.ts";
import type { MasterInput } from "./core/master_step.ts";

export interface TeardownApiHost {
  readonly state: MasterState;
  take(input: MasterInput): void;
}

export async function handleTeardown(host: TeardownApiHost, request: Request): Promise<Response> {
  if (request.method !== "POST") return methodNotAllowed("POST", request.method);
  const body = await readBody(request);
  if (body instanceof Response) return body;
  const id = new URLSearchParams(new TextDecoder().decode(body)).get("frameworkId");
  if (!id) return badRequest("Missing 'frameworkId' query parameter in the request body");
  const framework = host.state.frameworks.get(id);
  if (!framework) return badRequest("No framework found with specified ID");
  host.take({ type: "CALL", framework, call: { type: "TEARDOWN" } });
  return new Response(null, { status: 200 });
}
