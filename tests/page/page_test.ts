/**
 * The page of a scheduler in a real browser, headless. Without a Chromium these tests say so on
 * standard error and check nothing.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TestSite } from "../../control/testing.ts";
import { PAGE, PAGE_HEADERS } from "../../control/page.ts";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

/** For how long the page is looked at, by the browser's own clock. */
const LOOK_MS = 4_000;

async function findBrowser(): Promise<string | undefined> {
  for (const name of BROWSERS) {
    const found = await new Deno.Command(name, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    })
      .output().then(({ success }) => success, () => false);
    if (found) return name;
  }
  await Deno.stderr.write(
    new TextEncoder().encode(
      "SKIPPED: no Chromium to test the page with (apt-get install chromium)\n",
    ),
  );
  return undefined;
}

/** What the browser makes of a page, and what it complains about. */
async function look(
  browser: string,
  url: string,
  { directory, args = [] }: { directory: string; args?: readonly string[] },
): Promise<{ dom: string; log: string }> {
  const { stdout, stderr } = await new Deno.Command(browser, {
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      `--user-data-dir=${directory}/profile`,
      "--enable-logging=stderr",
      `--virtual-time-budget=${LOOK_MS}`,
      ...args,
      "--dump-dom",
      url,
    ],
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { dom: decode(stdout), log: decode(stderr) };
}

Deno.test("the page shows jobs, nodes, what waits and failures, and needs nothing from outside", async () => {
  const browser = await findBrowser();
  if (browser === undefined) return;
  await using site = await TestSite.open({
    address: { hostname: "127.0.0.1", port: 0 },
    token: "secret",
  });
  assert("port" in site.address);
  const authorization = { authorization: "Bearer secret" };
  const jobs = [
    { command: "true", name: "count-1" },
    { command: "false", name: "<img src=x onerror=alert(1)>" },
    { command: "sleep 9", name: "count-3" },
    { command: "big", name: "large", cores: 99 },
  ];
  await site.call("POST", "/v1/jobs?updates=false", jobs, authorization);
  // The large one is matched first, and fits nowhere.
  await site.finish();
  await site.finish(3);
  site.report(await site.launch(), "TASK_RUNNING");
  const url = `http://127.0.0.1:${site.address.port}/#token=secret`;
  const { dom, log } = await look(browser, url, { directory: site.directory });
  assertStringIncludes(dom, "connected to Mesos");
  assertStringIncludes(dom, "3 count-3");
  assertStringIncludes(dom, "ip-of-a1");
  assertStringIncludes(dom, "99 cores");
  assertStringIncludes(dom, "the largest node offers 4.01 cores");
  assertStringIncludes(dom, "FAILED 3 on ip-of-a1");
  assertStringIncludes(dom, "&lt;img src=x onerror=alert(1)&gt;");
  assert(!/Content Security Policy|Refused to|Uncaught/.test(log), log);
  const wrong = await look(browser, url.replace("secret", "wrong"), { directory: site.directory });
  assertStringIncludes(wrong.dom, "the token is wrong");
});

Deno.test("the page has no outside asset, and a policy that allows none", () => {
  assert(!/https?:\/\/(?!www\.w3\.org\/2000\/svg)/.test(PAGE));
  assertEquals(/ on\w+=|<link rel="stylesheet"|style="/.test(PAGE), false);
  const policy = PAGE_HEADERS["content-security-policy"] ?? "";
  assertStringIncludes(policy, "default-src 'none'");
  assert(!policy.includes("unsafe"));
});
