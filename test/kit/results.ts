import type { Cluster, Node, Unreadable } from "../../lambda/domain/node.ts";
import type { Place } from "../../lambda/domain/place.ts";
import { requirementsOf, usualBenchmarks } from "../../lambda/domain/requirements.ts";
import type { ClusterSubject } from "../../lambda/domain/result.ts";
import { type NodeSubject, type Result, type Status, type Subject, wholeCluster } from "../../lambda/domain/result.ts";
import type { RuleFacts } from "../../lambda/domain/rule-facts.ts";

export const place: Place = { partition: "aws", region: "us-east-1", account: "111122223333" };

const arnIn = ({ partition, region, account }: Place, service: string, resource: string) =>
  `arn:${partition}:${service}:${region}:${account}:${resource}`;

/** A cluster in the account-Region `where`. */
export function cluster(changes: Partial<Cluster> = {}, where = place): Cluster {
  const { name = "prod" } = changes;
  return { name, arn: arnIn(where, "eks", `cluster/${name}`), autoMode: false, ...changes };
}

/** An EC2 instance in the cluster "prod". */
export function node(changes: Partial<Node> = {}, where = place): Node {
  const { instanceId = "i-0abc" } = changes;
  return {
    instanceId,
    arn: arnIn(where, "ec2", `instance/${instanceId}`),
    cluster: "prod",
    group: { kind: "managed node group", name: "general" },
    os: "al2023",
    tags: {},
    ...changes,
  };
}

/** The subject of results about a node. */
export function nodeSubject(changes: Partial<NodeSubject> & { node?: Node } = {}): NodeSubject {
  const { node: of = node(), place: where = place } = changes;
  return {
    kind: "node",
    id: of.instanceId,
    node: of,
    os: of.os,
    place: where,
    cluster: cluster({ name: of.cluster }, where),
    judgedAt: Date.parse("2026-11-24T09:00:00.000Z"),
    ...changes,
  };
}

/** The subject of results about a cluster as a whole. */
export function clusterSubject(changes: Partial<ClusterSubject> = {}): ClusterSubject {
  const { place: where = place } = changes;
  return {
    kind: "cluster",
    id: wholeCluster,
    place: where,
    cluster: cluster({}, where),
    judgedAt: Date.parse("2026-11-24T09:00:00.000Z"),
    ...changes,
  };
}

/** Facts of a made-up rule; `changes` replaces some of them. */
export function ruleFacts(changes: Partial<RuleFacts> = {}): RuleFacts {
  return {
    id: "client-ca-file",
    title: "A client CA is set",
    failureTitle: "No client CA is set",
    fixTitle: "Set a client CA",
    why: "It matters.",
    severity: "LOW",
    cis: {},
    ...changes,
  };
}

export const silent: Unreadable = { code: "NO_REPLY", because: "It is silent.", fix: "Nothing." };

/** One result; `changes` replaces the fields that matter to the test. */
export function result(status: Status, changes: Partial<Result> = {}): Result {
  const { rule = ruleFacts(), because = "As seen." } = changes;
  const subject: Subject = changes.subject ?? nodeSubject();
  const reasons = status === "passed" ? [] : [{ code: reasonCodes[status], because }];
  return {
    rule,
    subject,
    status,
    severity: rule.severity,
    because,
    reasons,
    fix: "Set it.",
    requirements: requirementsOf(rule, "1.8.0", usualBenchmarks),
    ...changes,
  };
}

const reasonCodes = {
  failed: "NOT_COMPLIANT",
  excepted: "NOT_COMPLIANT",
  notAvailable: "EVIDENCE_INCOMPLETE",
  notApplicable: "NOT_APPLICABLE",
} as const;
