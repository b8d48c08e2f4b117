/**
 * How the page looks: on a phone, light and dark; and what its policy keeps out.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { TestSite } from "../../control/testing.ts";
import { type Browser, browserTest } from "./browser.ts";

const TCP = { hostname: "127.0.0.1", port: 0 };

/** WCAG 2.2, level AA, for text of usual size. */
const LEAST_CONTRAST = 4.5;

/** The contrast of each text that is shown to what is behind it, as `[ratio, text]`, lowest first. */
const CONTRASTS = `(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")]
    .filter((each) => each.checkVisibility() && !(each instanceof SVGElement) &&
      [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""))
    .map((each) => {
      const [a, b] = [parse(getComputedStyle(each).color), behind(each)].map(luminance);
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), each.textContent.trim()];
    }).sort(([a], [b]) => a - b);
})()`;

async function openSome(browser: Browser, site: TestSite): Promise<void> {
  const jobs = [
    { command: "true", name: "a-name-of-a-job-that-is-much-too-long-for-any-phone-".repeat(4) },
    { command: "false", name: "failing" },
    { command: "big", name: "large", cores: 99 },
  ];
  await site.call("POST", "/v1/jobs?updates=false", jobs);
  await site.finish();
  await site.finish(3);
  assert("port" in site.address);
  await browser.open(`http://127.0.0.1:${site.address.port}/`);
  await browser.waitForText("#jobs", "large");
  await browser.waitForText("#failures", "FAILED (3)");
}

browserTest("the page fits a phone, and its texts can be read, light and dark", async (browser) => {
  await using site = await TestSite.open({ address: TCP });
  await openSome(browser, site);
  for (const scheme of ["light", "dark"] as const) {
    await browser.look({ width: 360, height: 740, scheme, mobile: true });
    for (const hash of ["", "#job/2"]) {
      await browser.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      if (hash !== "") await browser.waitForText("#job", "FAILED");
      const width = await browser.evaluate<number>("document.documentElement.scrollWidth");
      assert(width <= 360, `${hash} is ${width} pixels wide`);
      const [lowest] = await browser.evaluate<[number, string][]>(CONTRASTS);
      assert(lowest && lowest[0] >= LEAST_CONTRAST, `${scheme}: ${lowest}`);
    }
    const isDark = await browser.evaluate<boolean>(
      `getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((v) => v < 128)`,
    );
    assertEquals(isDark, scheme === "dark");
  }
});

browserTest(
  "the page's policy lets in no script, style, frame or image but its own",
  async (browser) => {
    await using site = await TestSite.open({ address: TCP });
    await openSome(browser, site);
    const refused = await browser.evaluate<string[]>(`new Promise((resolve) => {
    const refused = new Set();
    addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
      refused.add(effectiveDirective);
      if (refused.size === 3) resolve([...refused].sort());
    });
    const add = (name, more) => document.body.append(Object.assign(document.createElement(name), more));
    add("style", { textContent: "body { display: none }" });
    add("iframe", { src: "http://127.0.0.1:9/" });
    add("img", { src: "http://127.0.0.1:9/x.png" });
  })`);
    assertEquals(refused, ["frame-src", "img-src", "style-src-elem"]);
    const code = `document.createElement("script").textContent = "globalThis.isHere = true"`;
    await assertRejects(() => browser.evaluate(code), Error, "requires 'TrustedScript'");
  },
);
