import type { Unreadable } from "../../../lambda/domain/node.ts";
import type { JudgedNode, RuleVerdict } from "../../../lambda/judge/judged-node.ts";

import type { Report } from "../../../lambda/report/model.ts";
import { rules } from "../../../lambda/rules/index.ts";

const home = { partition: "aws", region: "eu-central-1", account: "111122223333" };
const at = Date.parse("2026-11-24T06:00:00Z");

/** A report on these nodes, and on nothing else. */
export function reportOn(nodes: readonly JudgedNode[], changes: Partial<Report> = {}): Report {
  const summary = { perCluster: [], exceptions: { holding: 0, expired: [], unused: [] }, problems: [] };
  return { homes: [home], at, nodes, summary, trouble: [], ...changes };
}

/** What one rule says about a node, where that is something else than passed. */
export type Said = Omit<RuleVerdict, "rule" | "severity">;

interface Changes {
  node?: Partial<JudgedNode["node"]>;
  os?: JudgedNode["os"];
  said?: Readonly<Record<string, Said>>;
}

/** A node that was read: each rule passed, or says what `said` tells by rule id. */
export function read(number: number, { node = {}, os = "al2023", said = {} }: Changes = {}): JudgedNode {
  const started = new Date(at - 1000 * number).toISOString().replace(".000", "");
  const sentences: Readonly<Record<string, string>> = {
    "node-auditable": `The kubelet of Kubernetes 1.34 was read; it runs as process ${1000 + number} since ${started}.`,
    "config-drift": `No config file or drop-in changed since the kubelet started at ${started}.`,
  };
  const verdicts = rules.map((rule): RuleVerdict => {
    const because = sentences[rule.id] ?? `The setting of ${rule.id} is as it should be.`;
    const passed: Said = { verdict: { status: "passed", because, value: true, from: "/etc/kubelet.json" } };
    return { rule, severity: rule.severity, ...(said[rule.id] ?? passed) };
  });
  return { node: nodeOf(number, node), os, kubeletVersion: "1.34", verdicts };
}

/** A node that could not be read. */
export function unread(number: number, unreadable: Unreadable, node: Partial<JudgedNode["node"]> = {}): JudgedNode {
  const { code: reason, because, fix } = unreadable;
  const verdicts = rules.map((rule): RuleVerdict => {
    const status = rule.id === "node-auditable" ? "failed" : "notAvailable";
    return { rule, severity: rule.severity, verdict: { status, reason, because, fix } };
  });
  return { node: nodeOf(number, node), os: "linux", unreadable, verdicts };
}

export const offline: Unreadable = {
  code: "SSM_AGENT_OFFLINE",
  because: "The SSM agent has not been heard of.",
  fix: "Start the SSM agent.",
};

export function failed(because: string, more: Partial<Said["verdict"]> = {}): Said {
  return { verdict: { status: "failed", because, ...more } };
}

function nodeOf(number: number, changes: Partial<JudgedNode["node"]>): JudgedNode["node"] {
  const instanceId = `i-${number.toString(16).padStart(17, "0")}`;
  return {
    instanceId,
    arn: `arn:aws:ec2:eu-central-1:111122223333:instance/${instanceId}`,
    cluster: "prod",
    group: { kind: "managed node group", name: "general" },
    os: "al2023",
    instanceType: "m7i.large",
    tags: {},
    ...changes,
  };
}

/** A large fleet: 100 node groups, one node of 20 silent, one of 10 with a rule that fails. */
export function fleet(size: number): JudgedNode[] {
  return Array.from({ length: size }, (_, number) => {
    const node = {
      cluster: `prod-${number % 10}`,
      group: { kind: "managed node group" as const, name: `group-${number % 100}` },
      tags: { Name: `worker-${number % 100}` },
    };
    if (number % 20 === 7) return unread(number, offline, node);
    if (number % 10 === 3) return read(number, { node, said: { "read-only-port": failed("readOnlyPort is 10255.") } });
    return read(number, { node });
  });
}
