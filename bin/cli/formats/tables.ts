import { styleText } from "node:util";
import type { Result, Status } from "../../../lambda/domain/result.ts";
import { table } from "../table.ts";

/** How a table says it. */
export const marks: Readonly<Record<Status, string>> = {
  failed: styleText("red", "FAILED"),
  notAvailable: styleText("yellow", "not available"),
  excepted: styleText("dim", "excepted"),
  passed: styleText("green", "passed"),
  notApplicable: "does not apply",
};

/** For people: what did not pass, cluster by cluster, how each rule stands, and oddities of the fleet. */
export function tables(results: readonly Result[], problems: readonly string[]): string {
  if (results.length === 0) return problems.map((problem) => `${problem}\n`).join("");
  const byCluster = Map.groupBy(results, ({ subject }) =>
    subject.kind === "file" ? "" : `${subject.cluster.name} (${subject.place.account}, ${subject.place.region})`,
  );
  const ofClusters = byCluster.entries().map(([cluster, ofCluster]) => clusterTable(cluster, ofCluster));
  return `${[...ofClusters, ruleTable(results), ...problems].join("\n\n")}\n`;
}

function clusterTable(cluster: string, results: readonly Result[]): string {
  const shown = [...Map.groupBy(results, ({ subject }) => subject.id).values()].flatMap(worthShowing);
  if (shown.length === 0) return `${styleText("bold", cluster)}\nEverything passed.`;
  const rows = shown.map(({ status, subject, rule, because }) => [marks[status], subject.id, rule.id, because]);
  return `${styleText("bold", cluster)}\n${table(["", "node", "rule", "because"], rows)}`;
}

/** Of a node that could not be read one line says it. What does not apply to a node is no news; what AWS closes of a cluster is. */
function worthShowing(ofNode: readonly Result[]): readonly Result[] {
  const unread = ofNode.find(({ rule, status }) => rule.id === "node-auditable" && status === "failed");
  if (unread) return [unread];
  return ofNode.filter(
    ({ status, subject }) => status !== "passed" && (status !== "notApplicable" || subject.kind === "cluster"),
  );
}

function ruleTable(results: readonly Result[]): string {
  const rows = [...Map.groupBy(results, ({ rule }) => rule.id)].map(([rule, ofRule]) => {
    const count = (status: Status) => `${ofRule.filter((result) => result.status === status).length || ""}`;
    return [rule, count("passed"), count("failed"), count("notAvailable"), count("excepted"), count("notApplicable")];
  });
  return table(["rule", "passed", "failed", "not available", "excepted", "does not apply"], rows);
}
