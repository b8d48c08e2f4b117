/**
 * Takes the pictures of the page in docs/screenshots: `deno run -A tests/page/take_screenshots.ts`.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT } from "../kit/sources.ts";
import { Browser, Chromium, type Look } from "./browser.ts";
import { LiveScheduler } from "./live_scheduler.ts";

const SIZE = { cores: 0.5, memory: "64Mi", disk: "1Mi" };

const BROKEN = "echo 'reading chunk-07.fa' >&2; echo 'error: line 12: no sequence' >&2; exit 2";

const SHORT_JOBS = [
  ...Array.from({ length: 40 }, (_, i) => ({
    command: `echo "chunk ${i}"; sleep ${(i % 7) / 2}; echo done`,
    name: `count-${String(i + 1).padStart(2, "0")}`,
    ...SIZE,
  })),
  { command: BROKEN, name: "index-07", ...SIZE },
  { command: BROKEN, name: "index-12", ...SIZE },
];

const LONG_JOBS = [
  ...Array.from({ length: 24 }, (_, i) => ({
    command: `for i in $(seq 600); do echo "block $i"; sleep 1; done`,
    name: `align-${String(i + 1).padStart(2, "0")}`,
    ...SIZE,
    cores: 0.4,
  })),
  { command: "assemble", name: "assemble", cores: 500, memory: "64Mi", disk: "1Mi" },
];

const LOOKS: Readonly<Record<string, Look & { readonly hash: string }>> = {
  "page-light": { width: 1200, height: 1000, scheme: "light", hash: "" },
  "page-dark": { width: 1200, height: 1000, scheme: "dark", hash: "#job/3" },
  "page-phone": { width: 390, height: 844, scheme: "light", mobile: true, hash: "" },
};

await using site = await LiveScheduler.start("local:3");
await site.submit(SHORT_JOBS);
await site.waitFor(({ jobs }) => jobs.ended === SHORT_JOBS.length);
await site.submit(LONG_JOBS);
await site.waitFor(({ jobs }) => (jobs["running"] ?? 0) >= 4);
await using chromium = await Chromium.start();
await using browser = await Browser.open(chromium);
const directory = join(ROOT, "docs/screenshots");
await Deno.mkdir(directory, { recursive: true });
await browser.open(site.url);
await browser.waitForText("#login", "Token");
await browser.evaluate(`document.getElementById("token").focus()`);
await browser.type(site.token);
await browser.press("Enter");
for (const [name, { hash, ...look }] of Object.entries(LOOKS)) {
  await browser.look(look);
  await browser.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await browser.waitForText("#jobs", "align-01");
  if (hash !== "") await browser.waitForText("#stdout", "done");
  await browser.evaluate(`scrollTo(0, 0)`);
  await Deno.writeFile(join(directory, `${name}.png`), await browser.screenshot());
}
const report = join(directory, "report.png");
await Deno.writeTextFile(`${site.directory}/report.html`, await site.report());
await browser.look({ width: 1200, height: 1000, scheme: "light" });
await browser.open(`file://${site.directory}/report.html`);
await browser.waitForText("h1", "report");
await Deno.writeFile(report, await browser.screenshot());
