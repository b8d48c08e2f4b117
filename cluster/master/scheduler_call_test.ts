import { assertEquals } from "@std/assert";
import type { SchedulerCall } from "../../mesos/wire/messages.ts";
import { callError } from "./scheduler_call.ts";

const FRAMEWORK = { framework_id: { value: "F" } };
const INFO = { user: "u", name: "n" };

const CASES: [SchedulerCall, string | undefined][] = [
  [{}, "Expecting 'type' to be present"],
  [{ type: "SUBSCRIBE" }, "Expecting 'subscribe' to be present"],
  [{ type: "SUBSCRIBE", subscribe: { framework_info: INFO } }, undefined],
  [
    { type: "SUBSCRIBE", subscribe: { framework_info: INFO }, ...FRAMEWORK },
    "'framework_id' differs from 'subscribe.framework_info.id'",
  ],
  [
    {
      type: "SUBSCRIBE",
      subscribe: { framework_info: { ...INFO, id: { value: "F" } } },
      ...FRAMEWORK,
    },
    undefined,
  ],
  [{ type: "REVIVE" }, "Expecting 'framework_id' to be present"],
  [{ type: "REVIVE", ...FRAMEWORK }, undefined],
  [{ type: "SUPPRESS", ...FRAMEWORK }, undefined],
  [{ type: "TEARDOWN", ...FRAMEWORK }, undefined],
  [{ type: "ACCEPT", ...FRAMEWORK }, "Expecting 'accept' to be present"],
  [{ type: "DECLINE", ...FRAMEWORK }, "Expecting 'decline' to be present"],
  [
    { type: "ACCEPT_INVERSE_OFFERS", ...FRAMEWORK },
    "Expecting 'accept_inverse_offers' to be present",
  ],
  [
    { type: "DECLINE_INVERSE_OFFERS", ...FRAMEWORK },
    "Expecting 'decline_inverse_offers' to be present",
  ],
  [{ type: "KILL", ...FRAMEWORK }, "Expecting 'kill' to be present"],
  [{ type: "SHUTDOWN", ...FRAMEWORK }, "Expecting 'shutdown' to be present"],
  [{ type: "ACKNOWLEDGE", ...FRAMEWORK }, "Expecting 'acknowledge' to be present"],
  [
    {
      type: "ACKNOWLEDGE",
      acknowledge: {
        agent_id: { value: "A" },
        task_id: { value: "t" },
        uuid: new Uint8Array(16),
      },
      ...FRAMEWORK,
    },
    "Not a valid UUID",
  ],
  [{ type: "RECONCILE", ...FRAMEWORK }, "Expecting 'reconcile' to be present"],
  [{ type: "MESSAGE", ...FRAMEWORK }, "Expecting 'message' to be present"],
  [{ type: "UPDATE_FRAMEWORK", ...FRAMEWORK }, "Expecting 'update_framework' to be present"],
  [
    { type: "UPDATE_FRAMEWORK", update_framework: { framework_info: INFO }, ...FRAMEWORK },
    "'framework_id' differs from 'update_framework.framework_info.id'",
  ],
];

for (const [call, expected] of CASES) {
  Deno.test(`callError() of ${JSON.stringify(call)} is ${expected ?? "none"}`, () => {
    assertEquals(callError(call, undefined), expected);
  });
}

Deno.test("callError() compares principals", () => {
  const call = (principal?: string): SchedulerCall => ({
    type: "SUBSCRIBE",
    subscribe: { framework_info: { ...INFO, principal } },
  });
  assertEquals(callError(call("a"), "a"), undefined);
  assertEquals(callError(call(), "a"), undefined);
  assertEquals(callError(call("b"), undefined), undefined);
  assertEquals(
    callError(call("b"), "a"),
    "Authenticated principal 'a' does not match principal 'b' set in `FrameworkInfo`",
  );
});
