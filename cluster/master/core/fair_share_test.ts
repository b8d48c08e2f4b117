import { assertEquals } from "@std/assert";
import { parseResources } from "../../resources/resource_text.ts";
import { FairShare } from "./fair_share.ts";

const TOTAL = new Map([["cpus", 10_000], ["mem", 100_000]]);

Deno.test("sort() goes by the dominant share", () => {
  const shares = new FairShare();
  shares.allocated("much memory", parseResources("cpus:1;mem:50"));
  shares.allocated("many cpus", parseResources("cpus:4;mem:1"));
  const clients = ["much memory", "many cpus", "nothing"];
  assertEquals(shares.sort(clients, TOTAL), ["nothing", "many cpus", "much memory"]);
  shares.recovered("much memory", parseResources("mem:49"));
  shares.remove("nothing");
  assertEquals(shares.sort(clients, TOTAL), ["nothing", "much memory", "many cpus"]);
});
