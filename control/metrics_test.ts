import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import parsePrometheusTextFormat from "parse-prometheus-text-format";
import { ROOT } from "../tests/kit/sources.ts";
import { TestSite } from "./testing.ts";

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly { value?: string; labels?: Record<string, string>; count?: string }[];
}

async function families(site: TestSite): Promise<Map<string, Family>> {
  const response = await site.fetch("/metrics");
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const parsed: Family[] = parsePrometheusTextFormat(await response.text());
  return new Map(parsed.map((family) => [family.name, family]));
}

Deno.test("the metrics follow the format and its conventions, and count what happens", async () => {
  await using site = await TestSite.open();
  await site.call("POST", "/v1/jobs", [{ command: "a" }, { command: "b" }, { command: "c" }]);
  await site.finish();
  await site.finish(3);
  await site.call("GET", "/v1/jobs/2?wait=60");
  await site.call("POST", "/v1/jobs/kill", { jobIDs: [3] });
  const all = await families(site);
  for (const { name, help, type } of all.values()) {
    assert(/^toil_mesos_[a-z_]+$/.test(name), name);
    assert(help.length > 0, name);
    assertEquals(name.endsWith("_total"), type === "COUNTER", name);
  }
  const value = (name: string, label?: string) =>
    Number(
      all.get(`toil_mesos_${name}`)?.metrics.find(({ labels = {} }) =>
        label === undefined || Object.values(labels).includes(label)
      )?.value,
    );
  assertEquals(value("jobs_issued_total"), 3);
  assertEquals(value("jobs_ended_total", "FINISHED"), 1);
  assertEquals(value("jobs_ended_total", "FAILED"), 1);
  assertEquals(value("jobs_killed_total"), 1);
  assertEquals(value("connected"), 1);
  assertEquals(value("nodes"), 1);
  assertEquals(value("jobs", "ended"), 3);
  assertEquals(value("updates_pending"), 2);
  assertEquals(all.get("toil_mesos_job_wall_time_seconds")?.metrics[0]?.count, "2");
});

Deno.test("the metrics of a scheduler that has done nothing are complete", async () => {
  await using site = await TestSite.open();
  const all = await families(site);
  assertEquals(all.get("toil_mesos_jobs_ended_total")?.metrics[0]?.value, "0");
});

Deno.test("docs/grafana-dashboard.json asks for metrics and labels that exist", async () => {
  await using site = await TestSite.open();
  await site.call("POST", "/v1/jobs", { command: "a" });
  await site.finish();
  await site.call("GET", "/v1/updates?wait=60");
  const text = await (await site.fetch("/metrics")).text();
  const dashboard = await Deno.readTextFile(join(ROOT, "docs/grafana-dashboard.json"));
  const { panels } = JSON.parse(dashboard);
  const queries: string[] = panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) => expr)
  );
  assert(queries.length > 10);
  for (const query of queries) {
    const [name = ""] = /toil_mesos_\w+/.exec(query) ?? [];
    assert(new RegExp(`^${name}[{ ]`, "m").test(text), query);
    const [, label] = /by \((?!le)(\w+)\)/.exec(query) ?? [];
    if (label) assert(new RegExp(`^${name}\\{.*${label}="`, "m").test(text), query);
  }
});
