/**
 * The page of a scheduler in a real browser, headless.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TestSite } from "../../control/testing.ts";
import { type Browser, browserTest } from "./browser.ts";

const TCP = { hostname: "127.0.0.1", port: 0 };

function urlOf({ address }: TestSite): string {
  assert("port" in address);
  return `http://127.0.0.1:${address.port}/`;
}

async function hasFocus(browser: Browser, selector: string): Promise<boolean> {
  return await browser.evaluate(
    `document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`,
  );
}

/** Presses Tab until an element has the focus. */
async function tabTo(browser: Browser, selector: string): Promise<void> {
  for (let presses = 0; presses < 200; presses++) {
    if (await hasFocus(browser, selector)) return;
    await browser.press("Tab");
  }
  throw new Error(`No Tab leads to ${selector}`);
}

/** One job that has finished, one that has failed, one that runs, and one that fits nowhere. */
async function runSome(site: TestSite, headers: Record<string, string> = {}): Promise<void> {
  const jobs = [
    { command: "true", name: "count-1" },
    { command: "false", name: "<img src=x onerror=alert(1)>" },
    { command: "sleep 9", name: "count-3" },
    { command: "big", name: "large", cores: 99 },
  ];
  await site.call("POST", "/v1/jobs?updates=false", jobs, headers);
  await site.finish();
  await site.finish(3);
  site.report(await site.launch(), "TASK_RUNNING");
}

browserTest("the page shows jobs, nodes and what waits, live", async (browser) => {
  await using site = await TestSite.open({ address: TCP });
  await runSome(site);
  await browser.open(urlOf(site));
  await browser.waitForText("#connection", "Connected to Mesos");
  await browser.waitForText("#jobs", "count-3");
  await browser.waitForText("#nodes", "ip-of-a1");
  await browser.waitForText("#waiting", "99 cores");
  await browser.waitForText("#waiting", "the largest node offers 4.01 cores");
  await site.call("POST", "/v1/jobs", { command: "true", name: "later" });
  await browser.waitForText("#jobs", "later");
  assertEquals(browser.problems, []);
});

browserTest("a job is found by id, name and node, and its names are only text", async (browser) => {
  await using site = await TestSite.open({ address: TCP });
  await runSome(site);
  await browser.open(urlOf(site));
  await browser.waitForText("#jobs", "large");
  const find = async (text: string, expected: string) => {
    await tabTo(browser, "#search");
    await browser.evaluate(`document.getElementById("search").select()`);
    await browser.type(text);
    await browser.waitForText("#jobs", expected);
  };
  await find("4", "large");
  await find("<img", "<img src=x onerror=alert(1)>");
  await find("ip-of-a1", "count-1");
  assertEquals(await browser.evaluate(`document.images.length`), 0);
  assertEquals(browser.problems, []);
});

browserTest("a job's life is shown, by keyboard alone", async (browser) => {
  await using site = await TestSite.open({ address: TCP });
  await runSome(site);
  await browser.open(`${urlOf(site)}#search/count-1`);
  await browser.waitForText("#jobs", "count-1");
  await tabTo(browser, `#jobs a[href="#job/1"]`);
  await browser.press("Enter");
  for (const word of ["issued", "launched", "ended", "1.5 s", "FINISHED", "ip-of-a1"]) {
    await browser.waitForText("#job", word);
  }
  assertStringIncludes(await browser.evaluate("location.href"), "#job/1");
  assert(await browser.evaluate<number>(`document.querySelectorAll("#job rect").length`) > 1);
  await tabTo(browser, `#job a[href="#"]`);
  await browser.press("Enter");
  await browser.waitForText("#overview", "Jobs over time");
  assertEquals(await browser.evaluate(`document.getElementById("job").hidden`), true);
});

browserTest(
  "over TCP the page asks for the token once, and sends it in no address",
  async (browser) => {
    await using site = await TestSite.open({ address: TCP, token: "secret" });
    await runSome(site, { authorization: "Bearer secret" });
    await browser.open(urlOf(site));
    await browser.waitForText("#login", "The scheduler asks for its token");
    await tabTo(browser, "#token");
    await browser.type("wrong");
    await browser.press("Enter");
    await browser.waitForText("#connection", "Waiting for the token");
    await tabTo(browser, "#token");
    await browser.type("secret");
    await browser.press("Enter");
    await browser.waitForText("#jobs", "count-3");
    assertEquals(await browser.evaluate(`document.getElementById("login").hidden`), true);
    const urls = await browser.evaluate<string[]>(
      `[location.href, ...performance.getEntriesByType("resource").map(({ name }) => name)]`,
    );
    assertEquals(urls.filter((url) => url.includes("secret")), []);
    await browser.send("Page.reload");
    await browser.waitForText("#jobs", "count-3");
  },
);

browserTest("the page is at ease with 10^5 jobs: it holds one page of them", async (browser) => {
  await using site = await TestSite.open({ address: TCP });
  for (let first = 1; first <= 100_000; first += 10_000) {
    const jobs = Array.from({ length: 10_000 }, (_, i) => ({
      command: "true",
      name: `job-${first + i}`,
    }));
    await site.call("POST", "/v1/jobs?updates=false", jobs);
  }
  await browser.open(urlOf(site));
  await browser.waitForText("#counts", "100,000");
  await browser.waitForText("#jobs-range", "page 1: 50 jobs, 1 to 50");
  await tabTo(browser, "#next");
  await browser.press("Enter");
  await browser.waitForText("#jobs-range", "page 2: 50 jobs, 51 to 100");
  await tabTo(browser, "#search");
  await browser.type("job-99999");
  await browser.waitForText("#jobs", "job-99999");
  const { nodes, heapBytes } = await weigh(browser);
  assert(nodes < 5_000, `${nodes} nodes in the document`);
  assert(heapBytes < 50e6, `${heapBytes} bytes in use`);
  assertEquals(browser.problems, []);
});

async function weigh(
  browser: Browser,
): Promise<{ nodes: number; heapBytes: number }> {
  await browser.send("HeapProfiler.collectGarbage");
  const { usedSize } = await browser.send("Runtime.getHeapUsage");
  const nodes = await browser.evaluate<number>(`document.querySelectorAll("*").length`);
  return { nodes, heapBytes: usedSize };
}
