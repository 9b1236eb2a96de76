import { counted } from "../../lambda/text.ts";

/** How many nodes there were, in one sentence without its full stop; why some could not be audited, by reason. */
export function nodeCounts(clusters: number, nodes: NodeCount): string {
  const reasons = Object.entries(nodes.notAuditable).map(([code, count]) => `${count} ${code}`);
  const unread = reasons.length > 0 ? `, ${nodes.total - nodes.audited} not auditable (${reasons.join(", ")})` : "";
  return `${counted(clusters, "cluster")}, ${counted(nodes.total, "node")}: ${nodes.audited} audited${unread}`;
}

interface NodeCount {
  total: number;
  audited: number;
  notAuditable: Readonly<Record<string, number>>;
}
