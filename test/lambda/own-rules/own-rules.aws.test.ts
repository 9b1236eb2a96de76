import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { audit } from "../../../lambda/audit.ts";
import { readConfig } from "../../../lambda/config.ts";
import type { OwnRule } from "../../../lambda/own-rules/own-rule.ts";
import { untilHang } from "../../kit/hang.ts";
import { id } from "../../kit/nodes.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { usualRules } from "../../kit/usual-rules.ts";
import { environment, node, place, type Site, startSite } from "../collect/site.ts";
import { day } from "../ledger/seen.ts";
import { stockEvidence } from "../stock-evidence.ts";
import { ownRule } from "./own-rules-on.ts";

simulateTime();

/** Markup, an escape sequence and a mark that reverses the reading direction, repeated to a long text. */
const hostile = `<img src=x onerror=alert(1)>[a](http://x)\u001b[31m\u202e`.repeat(100);

let good = "";
beforeAll(async () => {
  good = await stockEvidence("al2023");
});

let site: Site;
beforeEach(async () => {
  const tags = { "eks:cluster-name": "prod", "eks:nodegroup-name": "general", note: hostile };
  site = await startSite({ nodes: [node(1, { behaviour: { prints: good }, tags })] });
});
afterEach(() => site.aws.close());

async function run(ownRules: readonly OwnRule[], { passed = day, exceptions = [] as object[] } = {}) {
  site.aws.clock.advance(passed);
  const until = untilHang();
  const config = { ...readConfig(environment), ownRules, exceptions: exceptions as never };
  const times = { now: site.aws.clock.now, until, publishUntil: until };
  const { summary, trouble } = await audit(site.clients, config, { id: "run", place, ...times });
  return { ...summary, trouble };
}

const findingsOf = (rule: string) =>
  site.aws.findings().filter(({ GeneratorId }) => GeneratorId === `eks-kubelet-auditor/${rule}`);
const statesOf = (rule: string) =>
  findingsOf(rule).map(({ Compliance, RecordState, Severity }) =>
    [Compliance?.Status, RecordState, Severity?.Label].join(" "),
  );

test("an own rule has findings like a built-in rule: new, unchanged, changed once, failed, archived when it is removed", async () => {
  const requirements = ["NIST.800-53.r5 CM-6"];
  const rule = ownRule({ passes: "kubelet.maxPods <= 58", because: "maxPods is {kubelet.maxPods}", requirements });
  expect(await run([rule])).toMatchObject({
    imported: usualRules.length + 1,
    trouble: [],
    failedByRule: { "max-pods": 0 },
  });
  expect(findingsOf("max-pods")).toMatchObject([
    {
      Id: `eks-kubelet-auditor/max-pods/${place.account}/${place.region}/prod/${id(1)}`,
      Title: "At most 58 pods on a node",
      Description: "maxPods is 58. This is one of the deployment's own rules, in rules.yaml.",
      Compliance: { Status: "PASSED", RelatedRequirements: requirements },
      ProductFields: { value: "58", from: "/etc/kubernetes/kubelet/config.json" },
      Remediation: { Recommendation: { Text: "Set maxPods." } },
    },
  ]);
  expect((await run([rule])).imported).toBe(0);

  const reworded = { ...rule, remediation: "Set maxPods in the NodeConfig." };
  expect(await run([reworded])).toMatchObject({ imported: 1, sent: { changed: 1 } });
  expect((await run([reworded])).imported).toBe(0);

  const stricter = { ...reworded, passes: "kubelet.maxPods <= 20", severity: "HIGH" as const };
  expect(await run([stricter])).toMatchObject({ imported: 1, failedByRule: { "max-pods": 1 } });
  expect(statesOf("max-pods")).toEqual(["FAILED ACTIVE HIGH"]);

  expect(await run([])).toMatchObject({ imported: 1, sent: { archived: 1 }, trouble: [] });
  expect(statesOf("max-pods")).toEqual(["FAILED ARCHIVED LOW"]);
  expect((await run([])).imported).toBe(0);
});

test("an exception accepts the failure of an own rule", async () => {
  const rule = ownRule({ passes: "kubelet.maxPods <= 20" });
  const exception = { rule: "max-pods", scope: { instance: id(1) }, reason: "Small pods", until: "2099-12-31" };
  const { exceptions } = await run([rule], { exceptions: [exception] });
  expect(exceptions).toMatchObject({ holding: 1, unused: [] });
  expect(statesOf("max-pods")).toEqual(["WARNING ACTIVE INFORMATIONAL"]);
});

test("an own rule that cannot be evaluated fails the run with an error that names it, and all other verdicts stay", async () => {
  const broken = ownRule({ id: "owner", passes: 'node.tags["owner"] == "x"' });
  const before = await run([]);
  const { trouble, findings } = await run([broken, ownRule()]);
  expect(trouble.map(String)).toEqual([
    `RuleError: The rule owner failed on ${id(1)}: a map has no key "owner"; test it first: "owner" in …. Correct the rule owner in rules.yaml.`,
  ]);
  expect(statesOf("owner")).toEqual(["NOT_AVAILABLE ACTIVE INFORMATIONAL"]);
  expect(statesOf("max-pods")).toEqual(["PASSED ACTIVE INFORMATIONAL"]);
  expect(findings).toMatchObject({ passed: before.findings.passed + 1, failed: 0 });
});

test("an invalid expression in a file that was changed after synthesis fails the run, and all other verdicts stay", async () => {
  const before = await run([]);
  const { trouble, findings } = await run([ownRule({ passes: "kubelet.maxPodz <= 58" })]);
  expect(trouble.map(String)).toEqual([
    `RuleError: The rule max-pods failed on ${id(1)}: kubelet has no field "maxPodz"; did you mean kubelet.maxPods? Correct the rule max-pods in rules.yaml.`,
  ]);
  expect(findings).toMatchObject({ passed: before.findings.passed });
});

test("a value from a node or a tag is escaped and cut in the finding", async () => {
  const rule = ownRule({ passes: 'node.tags["note"] == ""', because: 'the note is {node.tags["note"]}' });
  await run([rule]);
  const [finding] = findingsOf("max-pods");
  const text = JSON.stringify(finding);
  expect(finding?.Description?.length).toBeLessThanOrEqual(1024);
  expect(finding?.Description).toContain("\\u003cimg src=x onerror=alert(1)\\u003e");
  expect(finding?.ProductFields?.value?.length).toBeLessThanOrEqual(2048);
  for (const raw of ["<img", "\u001b", "\u202e"]) expect(text).not.toContain(raw);
});

test("the verdict of an own rule on an unreadable node is notAvailable", async () => {
  Object.assign(site.aws.node(id(1)), { behaviour: { prints: "Segmentation fault\n" } });
  await run([ownRule()]);
  expect(statesOf("max-pods")).toEqual(["NOT_AVAILABLE ACTIVE INFORMATIONAL"]);
});
