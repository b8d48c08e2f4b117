import { assertEquals } from "@std/assert";
import { resumedFrameworkId } from "./batch_system_config.ts";
import { newFramework } from "./testing.ts";

Deno.test("resumedFrameworkId() prefers the store's, but for one that was just restored", () => {
  const resumed = (
    stored: { frameworkId?: string; isRestored?: boolean },
    { named, isRestored = false }: { named?: string; isRestored?: boolean },
  ) =>
    resumedFrameworkId({ ...newFramework(), ...stored }, {
      frameworkId: named,
      settings: { isRestored },
    });
  assertEquals(resumed({}, {}), undefined);
  assertEquals(resumed({}, { named: "n" }), "n");
  assertEquals(resumed({ frameworkId: "s" }, { named: "n" }), "s");
  assertEquals(resumed({ frameworkId: "s" }, { isRestored: true }), "s");
  assertEquals(resumed({ frameworkId: "s" }, { named: "n", isRestored: true }), "n");
  // The framework may have been removed, and another one registered, since it was restored.
  const before = { frameworkId: "s", isRestored: true };
  assertEquals(resumed(before, { named: "n", isRestored: true }), "s");
});
