import { cpSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OwnRule } from "../../../lambda/own-rules/own-rule.ts";
import { sampleRegion } from "../../../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../../../local-aws/server.ts";
import { unthrottled } from "../../../local-aws/traffic.ts";
import { cdkOutOf } from "../../kit/cdk-out.ts";
import { printing } from "../stock-evidence.ts";
import { ownRule } from "./own-rules-on.ts";

const cdkOut = mkdtempSync(join(tmpdir(), "own-rules-"));
/** An Amazon Linux 2023 node of the cluster prod-apps, whose drop-in sets maxPods. */
const instance = "i-0b23c45d67e89f012";
let aws: LocalAws;

beforeAll(async () => {
  cpSync(await cdkOutOf("sample"), cdkOut, { recursive: true });
  const home = await printing(sampleRegion());
  aws = await startLocalAws({
    home: { ...home, nodes: home.nodes.filter(({ id }) => id === instance) },
    rates: unthrottled,
  });
});
afterAll(async () => {
  await aws.close();
  rmSync(cdkOut, { recursive: true });
});

/**
 * Advances the clock by a day, deploys the synthesized stack with these files in the function's asset, and runs the
 * function.
 */
async function runWith(rules: readonly OwnRule[], exceptions: readonly object[] = []) {
  const [file] = globSync(join(cdkOut, "asset.*/rules.yaml"));
  const asset = dirname(file ?? expect.fail("the function's asset lacks rules.yaml"));
  // JSON is YAML.
  writeFileSync(join(asset, "rules.yaml"), JSON.stringify(rules));
  writeFileSync(join(asset, "exceptions.yaml"), JSON.stringify(exceptions));
  aws.deploy(cdkOut);
  aws.clock.advance(24 * 3_600_000);
  return aws.fireSchedule();
}

const states = () =>
  aws
    .findings()
    .filter(({ GeneratorId }) => GeneratorId === "eks-kubelet-auditor/max-pods")
    .map(({ Compliance, RecordState }) => `${Compliance?.Status} ${RecordState}`);

/** The text of the cluster's ledger. */
function ledger(): string {
  const objects = [...aws.home.buckets.values()].flatMap((bucket) => [...bucket.objects]);
  const [, stored] = objects.find(([name]) => name.endsWith("/prod-apps.json.gz")) ?? expect.fail("there is no ledger");
  return gunzipSync(stored.at(-1)?.body ?? "").toString();
}

test("a deployed rule has findings, ledger entries and a row in the insight by rule, which follow rules.yaml and exceptions.yaml and are archived with the rule", async () => {
  const rule = ownRule({ passes: "kubelet.maxPods <= 20", because: "maxPods is {kubelet.maxPods}" });
  const first = await runWith([rule]);
  expect(first.error).toBeUndefined();
  expect(first.result).toMatchObject({ failedByRule: { "max-pods": 1 } });
  expect(states()).toEqual(["FAILED ACTIVE"]);
  expect(ledger()).toContain('"max-pods"');
  const byRule = aws.insights().find(({ groupedBy }) => groupedBy === "GeneratorId");
  expect(byRule?.groups).toContainEqual({ value: "eks-kubelet-auditor/max-pods", count: 1 });

  const exception = { rule: "max-pods", scope: { instance }, reason: "Small pods", until: "2099-12-31" };
  expect((await runWith([rule], [exception])).result).toMatchObject({ imported: 1, exceptions: { holding: 1 } });
  expect(states()).toEqual(["WARNING ACTIVE"]);

  expect((await runWith([{ ...rule, passes: "kubelet.maxPods <= 58" }])).result).toMatchObject({ imported: 1 });
  expect(states()).toEqual(["PASSED ACTIVE"]);

  expect((await runWith([])).result).toMatchObject({ imported: 1, sent: { archived: 1 } });
  expect(states()).toEqual(["PASSED ARCHIVED"]);
});

test("the function ends with an error if a deployed file has a mistake", async () => {
  const { error } = await runWith([ownRule({ id: "client-ca-file" })]);
  expect(error?.errorMessage).toContain(
    "rules.yaml cannot be used:\n  line 1, rule 1 (client-ca-file), id: the auditor has a rule",
  );
});
