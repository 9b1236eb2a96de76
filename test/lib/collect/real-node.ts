import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type Evidence, readEvidence } from "../../../lambda/evidence/evidence.ts";
import { plantRealNode, runOnNode } from "../../../local-aws/real-node.ts";
import { script, temporaryDirectory } from "./node.ts";

/** A node of the sample al2023 with the collector in it. */
export function node(change: Parameters<typeof plantRealNode>[2] = {}, awk?: string): string {
  const root = temporaryDirectory();
  plantRealNode("al2023", root, change, awk);
  copyFileSync(script, join(root, "collect.sh"));
  return root;
}

export async function evidenceFrom(root: string, commands: string): Promise<Evidence> {
  const { stdout, stderr } = await runOnNode(root, commands);
  expect(stderr).toBe("");
  return readEvidence(stdout);
}

/** Prepares a shell script to take the place of a program once `put` runs; the program itself is "$real". */
export function replace(root: string, name: string, text: string): void {
  const at = join(root, "usr/bin", name);
  if (existsSync(at)) copyFileSync(at, `${at}.real`);
  writeFileSync(join(root, "usr/bin", `${name}.new`), `#!/bin/sh\nreal=/usr/bin/${name}.real\n${text}\n`, {
    mode: 0o755,
  });
}

/** Commands that put the prepared script in place. */
export const put = (name: string) => `mv /usr/bin/${name}.new /usr/bin/${name}\n`;
