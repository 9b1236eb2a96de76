import { readFileSync } from "node:fs";
import { BatchUpdateFindingsCommand } from "@aws-sdk/client-securityhub";
import { afterAll, beforeAll, expect, test } from "vitest";
import { audit } from "../../lambda/audit.ts";
import { readConfig } from "../../lambda/config.ts";
import { untilHang } from "../kit/hang.ts";
import { id } from "../kit/nodes.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { environment, node, place, type Site, settle, startSite } from "./collect/site.ts";
import { stockEvidence } from "./stock-evidence.ts";

simulateTime();

/** The sample rule on the documentation page. */
const [, rule = ""] = /```json\n(.*?)```/s.exec(readFileSync("docs/security-hub.md", "utf8")) ?? [];
const watching = { pattern: JSON.parse(rule), matched: [] as object[] };

let site: Site;
let [good, bad] = ["", ""];
beforeAll(async () => {
  good = await stockEvidence("al2023");
  bad = await stockEvidence("al2023", {
    argv: [
      "/usr/bin/kubelet",
      "--kubeconfig=/var/lib/kubelet/kubeconfig",
      "--config=/etc/kubernetes/kubelet/config.json",
      "--anonymous-auth=true",
    ],
  });
  site = await startSite({ nodes: [node(1)] });
  site.aws.home.rules.push(watching);
});
afterAll(() => site.aws.close());

let hours = 0;

/** Runs the audit once more and returns the Ids of the findings in the matching events. */
async function eventsOfRun(prints: string): Promise<string[]> {
  site.aws.home.nodes = [node(1, { behaviour: { prints } })];
  watching.matched.length = 0;
  hours += 25;
  const until = untilHang();
  const now = () => Date.parse("2026-11-27T00:00:00Z") + hours * 3_600_000;
  await audit(site.clients, readConfig(environment), { id: "run", place, now, until, publishUntil: until });
  settle(site.aws);
  return watching.matched.map(
    (event) => (event as { detail: { findings: { Id: string }[] } }).detail.findings[0]?.Id ?? "",
  );
}

const failure = `eks-kubelet-auditor/anonymous-auth/111122223333/us-east-1/prod/${id(1)}`;

test("the sample rule matches a newly failed finding once, and no passed or unchanged finding", async () => {
  expect(await eventsOfRun(good)).toEqual([]);
  expect(await eventsOfRun(bad)).toEqual([failure]);
  expect(await eventsOfRun(bad)).toEqual([]);
  expect(await eventsOfRun(good)).toEqual([]);
});

test("the sample rule does not match a finding that the customer has suppressed", async () => {
  const ProductArn = "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default";
  const suppress = { FindingIdentifiers: [{ Id: failure, ProductArn }], Workflow: { Status: "SUPPRESSED" as const } };
  await site.clients.securityHub.send(new BatchUpdateFindingsCommand(suppress));
  expect(await eventsOfRun(bad)).toEqual([]);
});
