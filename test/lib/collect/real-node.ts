import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type Evidence, readEvidence } from "../../../lambda/evidence/evidence.ts";
import { plantRealNode, runOnNode } from "../../../local-aws/real-node.ts";
import { script, temporaryDirectory } from "./node.ts";

/** A copy of the sample node al2023 that contains the collector. */
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

/**
 * Prepares a shell script that replaces a program when the commands of `put` run. The script calls the program as
 * "$real".
 */
export function replace(root: string, name: string, text: string): void {
  const at = join(root, "usr/bin", name);
  if (existsSync(at)) copyFileSync(at, `${at}.real`);
  writeFileSync(join(root, "usr/bin", `${name}.new`), `#!/bin/sh\nreal=/usr/bin/${name}.real\n${text}\n`, {
    mode: 0o755,
  });
}

/** Commands that replace the program by the prepared script. */
export const put = (name: string) => `mv /usr/bin/${name}.new /usr/bin/${name}\n`;
