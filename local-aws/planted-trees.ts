import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScriptOutcome } from "./holdings.ts";
import type { EmbeddedNode } from "./initial-region.ts";
import { plantNode, runCollector } from "./node-tree.ts";

/**
 * Evidence of the sample node `windows`. It replaces a run of the collector, because this machine has no PowerShell.
 */
export const windowsEvidence = readFileSync(new URL("nodes/windows/evidence.txt", import.meta.url), "utf8");

/** File systems of the nodes: one directory each, created on first use. */
export interface PlantedTrees {
  root(node: EmbeddedNode): string;
  replant(node: EmbeddedNode): void;
  run(node: EmbeddedNode, script: string): Promise<ScriptOutcome>;
  remove(): void;
}

export function plantedTrees(): PlantedTrees {
  let base: string | undefined;
  const inBase = (name: string) => {
    base ??= mkdtempSync(join(tmpdir(), "local-aws-"));
    return join(base, name);
  };
  const roots = new Map<string, string>();
  const plant = ({ id, tree }: EmbeddedNode): string => {
    if (!tree) throw new Error(`node ${id} has no tree to run a script in`);
    const root = inBase(id);
    rmSync(root, { recursive: true, force: true });
    plantNode(tree.kind, root, tree.change);
    roots.set(id, root);
    return root;
  };
  const rootOf = (node: EmbeddedNode) => roots.get(node.id) ?? plant(node);
  return {
    root: rootOf,
    replant: plant,
    async run(node, script) {
      if (node.agent?.platformType === "Windows") return { stdout: windowsEvidence, exitCode: 0 };
      const file = inBase(`${createHash("sha256").update(script).digest("hex")}.sh`);
      if (!existsSync(file)) writeFileSync(file, script);
      return await runCollector(file, rootOf(node), { AWS_SSM_INSTANCE_ID: node.id });
    },
    remove() {
      if (base) rmSync(base, { recursive: true, force: true });
    },
  };
}
