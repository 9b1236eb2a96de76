import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EmbeddedNode, InitialRegion } from "../../local-aws/initial-region.ts";
import { type Change, plantNode, runCollector } from "../../local-aws/node-tree.ts";
import { collectorFile } from "../kit/collector-file.ts";

const collector = collectorFile();
const known = new Map<string, Promise<string>>();

/** Evidence of one of the nodes in `local-aws/nodes/`. The collector runs once for each kind and change. */
export function stockEvidence(kind: string, change?: Change): Promise<string> {
  const key = JSON.stringify([kind, change]);
  const evidence = known.get(key) ?? collect(kind, change);
  known.set(key, evidence);
  return evidence;
}

async function collect(kind: string, change?: Change): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "node-"));
  plantNode(kind, root, change);
  const { stdout } = await runCollector(collector, root);
  await rm(root, { recursive: true });
  return stdout;
}

/** The account-Region with nodes that print stored evidence instead of running the collector, for tests of other parts. */
export async function printing<Given extends InitialRegion>(home: Given): Promise<Given> {
  const nodes = await Promise.all(home.nodes.map(printingNode));
  return { ...home, nodes };
}

async function printingNode(node: EmbeddedNode): Promise<EmbeddedNode> {
  const { behaviour = "answers", agent, tree } = node;
  if (behaviour !== "answers" || agent?.platformType !== "Linux" || !tree) return node;
  return { ...node, behaviour: { prints: await stockEvidence(tree.kind, tree.change) } };
}
