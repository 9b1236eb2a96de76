import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Change, plantNode, runCollector } from "../../local-aws/node-tree.ts";
import { collectorFile } from "../kit/collector-file.ts";

const collector = collectorFile();

/** Evidence of one of the nodes in `local-aws/nodes/`. */
export async function stockEvidence(kind: string, change?: Change): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "node-"));
  plantNode(kind, root, change);
  const { stdout } = await runCollector(collector, root);
  await rm(root, { recursive: true });
  return stdout;
}
