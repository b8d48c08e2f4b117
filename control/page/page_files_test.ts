import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TestSite } from "../testing.ts";

Deno.test("GET / gives the page, and all that it loads is there, without a token", async () => {
  await using site = await TestSite.open({
    address: { hostname: "127.0.0.1", port: 0 },
    token: "secret",
  });
  const seen = new Map<string, string>([["/", ""]]);
  for (const path of seen.keys()) {
    const response = await site.fetch(path);
    const text = await response.text();
    assertEquals(response.status, 200, path);
    seen.set(path, response.headers.get("content-type") ?? "");
    for (const [, file = ""] of text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)) {
      seen.set(file, "");
    }
    for (const [, file = ""] of text.matchAll(/from "\.\/([^"]+)"/g)) {
      seen.set(`/page/${file}`, "");
    }
    const policy = response.headers.get("content-security-policy") ?? "";
    assertStringIncludes(policy, "default-src 'none'; script-src 'self'");
    assert(!policy.includes("unsafe"), policy);
  }
  assertEquals(seen.get("/"), "text/html; charset=utf-8");
  assertEquals(seen.get("/page/page.css"), "text/css; charset=utf-8");
  assertEquals(seen.get("/page/main.js"), "text/javascript; charset=utf-8");
  const shipped = [...Deno.readDirSync(new URL(".", import.meta.url))]
    .map(({ name }) => `/page/${name}`).filter((path) => /\.(js|css)$/.test(path));
  assertEquals([...seen.keys()].filter((path) => path !== "/").sort(), shipped.sort());
  const missing = await site.fetch("/page/page_files.ts");
  assertEquals(missing.status, 404);
  await missing.body?.cancel();
});
