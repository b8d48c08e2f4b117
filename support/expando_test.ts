import { assert, assertEquals, assertInstanceOf, assertNotEquals } from "@std/assert";
import { Expando, MagicExpando } from "./expando.ts";

Deno.test("Expando takes initial, new and deleted attributes", () => {
  const o = new Expando({ foo: 42 });
  assertEquals(o.foo, 42);
  o.bar = "hi";
  assertEquals(o.bar, "hi");
  assertEquals(o["foo"], 42);
  assertEquals(JSON.stringify(o), '{"foo":42,"bar":"hi"}');
  delete o.foo;
  assertEquals(o.foo, undefined);
  assert(!("foo" in o));
});

Deno.test("Expando.copy() is shallow and keeps the class", () => {
  for (const o of [new Expando({ foo: { bar: 42 } }), new MagicExpando({ foo: { bar: 42 } })]) {
    const p = o.copy();
    assertInstanceOf(p, o.constructor as typeof Expando);
    assertEquals({ ...p }, { ...o });
    assert(p !== o);
    assert(p.foo === o.foo);
    p.more = 1;
    assertNotEquals({ ...p }, { ...o });
  }
});

Deno.test("MagicExpando makes records as they are looked at", () => {
  const o = new MagicExpando();
  (o.foo as MagicExpando).bar = 42;
  assertInstanceOf(o.foo, MagicExpando);
  assertEquals(JSON.stringify(o), '{"foo":{"bar":42}}');
});

Deno.test("MagicExpando gains nothing by being awaited or printed", async () => {
  const o = await Promise.resolve(new MagicExpando({ foo: 42 }));
  assertEquals(`${o} ${Deno.inspect(o)}`.includes("42"), true);
  assertEquals(JSON.stringify(o), '{"foo":42}');
});
