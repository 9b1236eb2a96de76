import { afterAll, beforeAll, expect, test } from "vitest";
import { audit } from "../../../lambda/audit.ts";
import { readConfig } from "../../../lambda/config.ts";
import { untilHang } from "../../kit/hang.ts";
import { managed } from "../../kit/nodes.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { environment, ledgerBucket, node, place, type Site, settle, startSite } from "../collect/site.ts";
import { stockEvidence } from "../stock-evidence.ts";

simulateTime();

let site: Site;
beforeAll(async () => {
  const tags = { ...managed("prod"), Name: "worker" };
  const nodes = [node(1, { tags, behaviour: { prints: await stockEvidence("al2023") } })];
  site = await startSite({ nodes }, { unsettled: { tagsOfResources: "enriched" } });
});
afterAll(() => site.aws.close());

async function run() {
  const until = untilHang();
  const { summary } = await audit(site.clients, readConfig(environment), {
    id: "run",
    place,
    now: Date.now,
    until,
    publishUntil: until,
  });
  settle(site.aws);
  return summary;
}

test("sends nothing again after a ledger was lost, although Security Hub has added tags to the findings", async () => {
  expect((await run()).imported).toBeGreaterThan(10);
  site.aws.home.buckets.get(ledgerBucket)?.objects.clear();
  const summary = await run();
  expect(summary.problems).toEqual([expect.stringContaining("rebuilt")]);
  expect(summary.imported).toBe(0);
});
