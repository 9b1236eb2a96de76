import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plantNode, runCollector } from "../local-aws/node-tree.ts";
import { collectorFile } from "../test/kit/collector-file.ts";

/** The collector's output on a sample node, a directory of `local-aws/nodes/`. */
export async function evidenceOf(kind: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "bench-"));
  plantNode(kind, root);
  const { stdout } = await runCollector(collectorFile(), root);
  await rm(root, { recursive: true });
  return stdout;
}
