import { counted } from "../../lambda/text.ts";

/** Counts of nodes as one sentence without its full stop. Nodes that could not be audited are counted by reason. */
export function nodeCounts(clusters: number, nodes: NodeCount): string {
  const reasons = Object.entries(nodes.notAuditable).map(([code, count]) => `${count} ${code}`);
  const count = nodes.total - nodes.starting - nodes.audited;
  const unread = reasons.length > 0 ? `, ${count} unreadable (${reasons.join(", ")})` : "";
  const starting = nodes.starting > 0 ? `, ${nodes.starting} starting` : "";
  return `${counted(clusters, "cluster")}, ${counted(nodes.total, "node")}: ${nodes.audited} audited${starting}${unread}`;
}

interface NodeCount {
  total: number;
  audited: number;
  starting: number;
  notAuditable: Readonly<Record<string, number>>;
}
