import type { Agent, EmbeddedNode } from "../../local-aws/initial-region.ts";
import { instance } from "../../local-aws/sample-region.ts";

/** Instance id of a number: 7 becomes "i-00000000000000007". */
export const id = (number: number) => `i-${String(number).padStart(17, "0")}`;

/** Tags of a node of a managed node group. */
export const managed = (cluster: string, group = "general") => ({
  "eks:cluster-name": cluster,
  "eks:nodegroup-name": group,
});

/** The SSM agent of an AL2023 node. */
export const onlineAgent = {
  ping: "Online",
  platformType: "Linux",
  platformName: "Amazon Linux",
  platformVersion: "2023",
} as const satisfies Agent;

/** A node of cluster "prod" whose SSM agent is online. The caller gives it a tree or a behaviour. */
export const onlineNode = (number: number, more: Partial<EmbeddedNode> = {}): EmbeddedNode => ({
  id: id(number),
  tags: managed("prod"),
  instance,
  agent: onlineAgent,
  ...more,
});
