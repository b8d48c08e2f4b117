import { assertEquals } from "@std/assert";
import { browserTest } from "./browser.ts";
import { LiveScheduler } from "./live_scheduler.ts";

const SIZE = { cores: 0.5, memory: "64Mi", disk: "1Mi" };

browserTest("the page shows the end of a long output, and why a job failed", async (browser) => {
  await using site = await LiveScheduler.start("local");
  await site.submit([
    { command: "seq 100000; printf '\\303\\274\\n'", ...SIZE },
    { command: "echo it is broken >&2; exit 3", name: "bad", ...SIZE },
  ]);
  await site.waitFor(({ jobs }) => jobs.ended === 2);
  assertEquals(await site.fetch("/v1/jobs/1/stdout?tail=7"), "0000\nü\n".slice(1));
  // Its first byte is inside a character.
  assertEquals(await site.fetch("/v1/jobs/1/stdout?tail=2"), "\n");
  await browser.open(`${site.url}#job/1`);
  await browser.waitForText("#login", "Token");
  await browser.evaluate(`document.getElementById("token").focus()`);
  await browser.type(site.token);
  await browser.press("Enter");
  await browser.waitForText("#stdout", "100000\nü");
  const shown = await browser.text("#stdout");
  assertEquals(shown.length > 10_000 && shown.length <= 16 * 1024, true, `${shown.length}`);
  await browser.waitForText("#failures", "it is broken");
  await browser.waitForText("#failures", "FAILED (3)");
  await browser.evaluate(`document.querySelector("#failures a").click()`);
  await browser.waitForText("#stderr", "it is broken");
});
