import type { Node, Unreadable } from "../../../lambda/domain/node.ts";
import type { Judged, NodeSubject, Result, Status } from "../../../lambda/domain/result.ts";
import { factsOf } from "../../../lambda/judge/results.ts";
import type { Report } from "../../../lambda/report/model.ts";
import { node as nodeOf, nodeSubject, result } from "../../kit/results.ts";
import { usualRules as rules } from "../../kit/usual-rules.ts";

const place = { partition: "aws", region: "eu-central-1", account: "111122223333" };
const at = Date.parse("2026-11-24T06:00:00Z");

/** A report on these nodes. */
export function reportOn(nodes: Report["nodes"], changes: Partial<Report> = {}): Report {
  const summary = { perCluster: [], exceptions: { holding: 0, expired: [], unused: [] }, problems: [] };
  return { places: [place], at, nodes, summary, trouble: [], ...changes };
}

/** One rule's result about a node, if it is not passed. */
export interface Said extends Partial<Result> {
  status: Status;
}

interface Changes {
  node?: Partial<Node>;
  os?: NodeSubject["os"];
  said?: Readonly<Record<string, Said>>;
}

/** An audited node. `said` contains results by rule id. All other rules have passed. */
export function read(number: number, { node = {}, os = "al2023", said = {} }: Changes = {}): Judged<NodeSubject> {
  const started = new Date(at - 1000 * number).toISOString().replace(".000", "");
  const sentences: Readonly<Record<string, string>> = {
    "node-auditable": `The kubelet of Kubernetes 1.34 was read; it runs as process ${1000 + number} since ${started}.`,
    "config-drift": `No config file or drop-in changed since the kubelet started at ${started}.`,
  };
  const subject = subjectOf(number, node, { os, kubeletVersion: "1.34" });
  const results = rules.map((rule) => {
    const because = sentences[rule.id] ?? `The setting of ${rule.id} is as it should be.`;
    const { status, ...more }: Said = said[rule.id] ?? {
      status: "passed",
      because,
      value: "true",
      from: "/etc/kubelet.json",
    };
    return result(status, { rule: factsOf(rule), subject, fix: rule.remediation[os], ...more });
  });
  return { subject, results };
}

/** An unreadable node. */
export function unread(number: number, unreadable: Unreadable, node: Partial<Node> = {}): Judged<NodeSubject> {
  const { code, because, fix } = unreadable;
  const subject = subjectOf(number, node, { os: "linux", unreadable });
  const results = rules.map((rule) => {
    const status = rule.id === "node-auditable" ? "failed" : "notAvailable";
    return result(status, { rule: factsOf(rule), subject, because, reasons: [{ code, because }], fix });
  });
  return { subject, results };
}

export const offline: Unreadable = {
  code: "SSM_AGENT_OFFLINE",
  because: "The SSM agent has not been heard of.",
  fix: "Start the SSM agent.",
};

export function failed(because: string, more: Partial<Result> = {}): Said {
  return { status: "failed", because, ...more };
}

function subjectOf(number: number, changes: Partial<Node>, of: Partial<NodeSubject>): NodeSubject {
  const instanceId = `i-${number.toString(16).padStart(17, "0")}`;
  const node = nodeOf({ instanceId, instanceType: "m7i.large", ...changes }, place);
  return nodeSubject({ node, place, judgedAt: at, ...of });
}

/** Many nodes in 100 node groups. One node of 20 is unreadable, and one of 10 fails a rule. */
export function manyNodes(size: number): Judged<NodeSubject>[] {
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
