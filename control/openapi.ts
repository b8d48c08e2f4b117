/**
 * The control API in OpenAPI's words, made of the same schemas that check requests.
 *
 * @module
 */

import { z } from "zod";
import { type Endpoint, ENDPOINTS } from "./endpoints.ts";
import { refusal } from "./schemas.ts";

const JSON_TYPE = "application/json";

/** A JSON schema, as far as it is taken apart here. */
const describedSchema = z.looseObject({ description: z.string().optional() });

function schemaOf(schema: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

function parametersOf({ path, query, headers = {} }: Endpoint): unknown[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const properties = query === undefined ? {} : schemaOf(query, "input")["properties"] ?? {};
  const inQuery = Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = describedSchema.parse(schema);
    return { name, in: "query", ...(description ? { description } : {}), schema: rest };
  });
  const inHeader = Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
  return [...names, ...inQuery, ...inHeader];
}

function describeEndpoint(operationId: string, endpoint: Endpoint): Record<string, unknown> {
  const { summary, body, bodyIsOptional = false, answer, isOpen } = endpoint;
  const parameters = parametersOf(endpoint);
  const content = typeof answer === "string"
    ? { [answer]: { schema: { type: "string" } } }
    : { [JSON_TYPE]: { schema: schemaOf(answer, "output") } };
  return {
    operationId,
    summary,
    ...(isOpen ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : {
      requestBody: {
        required: !bodyIsOptional,
        content: { [JSON_TYPE]: { schema: schemaOf(body, "input") } },
      },
    }),
    responses: {
      [operationId === "shutDown" ? "202" : "200"]: { description: "Done.", content },
      default: {
        description: "Refused.",
        content: { [JSON_TYPE]: { schema: { $ref: "#/components/schemas/Refusal" } } },
      },
    },
  };
}

/** The document, for a version of the program. */
export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, endpoint] of Object.entries(ENDPOINTS)) {
    const { path, method } = endpoint;
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: describeEndpoint(operationId, endpoint),
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "toil-mesos control API", version },
    security: [{}, { token: [] }],
    paths,
    components: {
      schemas: { Refusal: schemaOf(refusal, "output") },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}
