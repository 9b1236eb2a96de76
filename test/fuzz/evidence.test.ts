import { afterAll, describe, expect, test } from "vitest";
import { updateOf } from "../../lambda/domain/finding.ts";
import { benchmarkNames } from "../../lambda/domain/rule-facts.ts";
import { judgeNode } from "../../lambda/judge/judge-node.ts";
import { resultsOf } from "../../lambda/judge/results.ts";
import { rules } from "../../lambda/rules/index.ts";
import { findingsOf } from "../../lambda/securityhub/publish.ts";
import { finding as asff } from "../../local-aws/asff.ts";
import fc from "../kit/properties.ts";
import { node as nodeOf, nodeSubject, place } from "../kit/results.ts";
import { output } from "../lambda/evidence/evidence-by-hand.ts";
import { caFile, cluster, clusterCA, collected, everyRule, startedAt } from "../node-state.ts";
import { hostileConfiguration, hostileText, recordNames } from "./hostile.ts";

/** Number of inputs for each property. `npm run fuzz` tries more inputs. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 50);

/** Maximum CPU time of this thread for one node, milliseconds. */
const patience = 3_000;

/** Maximum size of one finding in bytes. Source: Security Hub partner guide, BatchImportFindings. */
const findingBytes = 240_000;

const node = nodeOf({ instanceId: "i-0a12b34c56d78e901", cluster: cluster.name, os: "linux" });

let tried = 0;
let slowest = 0;
afterAll(() => console.log(`${tried} hostile inputs, the slowest took ${Math.round(slowest)} ms`));

/** Judges the text as a node's evidence and checks the findings; returns the statuses of the verdicts. */
function statusesOf(said: string): string[] {
  tried += 1;
  const before = process.threadCpuUsage();
  const judged = judgeNode({
    collected: { output: said },
    node,
    cluster: { ...cluster, version: "1.34" },
    now: startedAt,
    rules: everyRule,
    benchmarks: benchmarkNames,
  });
  const { user, system } = process.threadCpuUsage(before);
  const took = (user + system) / 1_000;
  slowest = Math.max(slowest, took);
  expect(took).toBeLessThan(patience);

  const statuses: string[] = judged.verdicts.map(({ verdict }) => verdict.status);
  expect(statuses).toHaveLength(rules.length);
  if (judged.unreadable) expect(statuses).not.toContain("passed");
  const subject = nodeSubject({ place, cluster, node, os: judged.os });
  for (const each of findingsOf(resultsOf(subject, judged, benchmarkNames).map(updateOf), [])) {
    expect(asff.safeParse(each).error?.issues).toBeUndefined();
    expect(Buffer.byteLength(JSON.stringify(each))).toBeLessThan(findingBytes);
    expect(each.Id).toMatch(/\/111122223333\/us-east-1\/prod-apps\/i-0a12b34c56d78e901$/);
    expect(each.Resources?.map(({ Id }) => Id)).toEqual([node.arn, cluster.arn]);
    expectHarmless(each);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
  return statuses;
}

/**
 * Checks that no text contains control or bidirectional characters, markup, links or formulas. Line feeds are allowed,
 * because remediations contain them.
 */
function expectHarmless(value: unknown): void {
  if (typeof value === "string") {
    expect(value).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(value).not.toMatch(/<img|\]\(http|`evil`|^\s*[=+@]/);
  } else if (typeof value === "object" && value !== null) Object.values(value).forEach(expectHarmless);
}

const hold = <Value>(arbitrary: fc.Arbitrary<Value>, law: (value: Value) => void): void =>
  fc.assert(fc.property(arbitrary, law), { numRuns });

const good = collected({ file: { authentication: { x509: { clientCAFile: caFile } } } });
/** Whether the text is undamaged evidence. Run Command may append standard error to it. */
const isWhole = (text: string) => bare(text.split("\n----------ERROR-------\n")[0] ?? "") === bare(good);
const bare = (text: string) => text.replaceAll(/\s/g, "");

test("undamaged evidence of a compliant node passes", () => {
  expect(statusesOf(good)).toContain("passed");
});

describe("for any output of a node,", () => {
  test("random text never passes a rule", () => {
    hold(fc.oneof(fc.string({ unit: "binary" }), hostileText), (noise) => {
      expect(statusesOf(noise)).not.toContain("passed");
    });
  });

  test("damaged evidence never passes a rule", () => {
    const damage = fc.record({ at: fc.nat(good.length), length: fc.nat(40), put: fc.oneof(fc.string(), hostileText) });
    hold(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      const text = damages.reduce((all, { at, length, put }) => all.slice(0, at) + put + all.slice(at + length), good);
      if (!isWhole(text)) expect(statusesOf(text)).not.toContain("passed");
    });
  });

  test("records of any kind and in any order with a valid digest give valid findings", () => {
    const record = fc.tuple(
      fc.constantFrom(...recordNames),
      fc.oneof(hostileText, hostileConfiguration, fc.nat().map(String), fc.constantFrom("", "0", "host", "file")),
    );
    hold(fc.array(record, { maxLength: 30 }), (records) => void statusesOf(output(...records)));
  });

  test("a kubelet with hostile files, flags and names gives valid findings", () => {
    const content = fc.oneof(hostileConfiguration, hostileText);
    const flag = fc.oneof(
      hostileText,
      fc
        .tuple(fc.constantFrom("client-ca-file", "kubeconfig", "tls-cert-file"), hostileText)
        .map(([name, value]) => `--${name}=${value}`),
    );
    const state = fc.record(
      {
        version: fc.constantFrom("1.28", "1.31", "1.34", "1.99"),
        file: content,
        dropIns: fc.dictionary(
          hostileText.map((name) => name.replaceAll(/[/\0]/g, "")),
          content,
          { maxKeys: 3 },
        ),
        flags: fc.array(
          flag.map((text) => text.replaceAll("\0", "")),
          { maxLength: 3 },
        ),
        os: hostileText,
      },
      { requiredKeys: [] },
    );
    hold(state, (each) => void statusesOf(collected(each)));
  });
});

describe("the largest and slowest evidence of a node", () => {
  /** Bytes, slightly less than the maximum that the auditor reads of one node. */
  const most = 262_000;
  const head = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n";
  const filled = (unit: string) => head + unit.repeat(Math.floor((most - head.length - 10) / unit.length));
  test.each([
    ["one list in flow style", `${head}a: [${"x,".repeat(130_000)}]\n`],
    ["empty mappings", filled("- {}\n").replace(head, `${head}x:\n`)],
    ["comments", filled("#\n")],
    ["open brackets", filled("a: [")],
    ["keys", head + Array.from({ length: 20_000 }, (_, i) => `f${i}: 1\n`).join("")],
    ["anchors", head + Array.from({ length: 16_000 }, (_, i) => `f${i}: &a 1\n`).join("")],
  ])("with %s is judged within the time limit of a node", (_, file) => {
    statusesOf(collected({ file }));
  });

  test("passes no rule if it exceeds the size limit", () => {
    const dropIns = { "10.conf": filled("#\n"), "20.conf": "#" };
    expect(statusesOf(collected({ file: filled("#\n"), dropIns }))).not.toContain("passed");
  });

  test("cannot set the resource of a finding to another node", () => {
    const other = "arn:aws:ec2:us-east-1:111122223333:instance/i-0ffffffffffffffff";
    statusesOf(output(["os", `ID=${other}`], ["file", `/${other}`], ["kind", "file"], ["certificates", clusterCA]));
  });
});
