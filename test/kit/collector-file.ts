import { createHash } from "node:crypto";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectorText } from "../../lib/collect-content.ts";

/**
 * Path of the Linux collector as one file, as the SSM agent runs it. Several processes may call this function at once.
 */
export function collectorFile(): string {
  const text = collectorText();
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const path = join(tmpdir(), `eks-kubelet-auditor-collect-${hash}.sh`);
  if (!existsSync(path)) {
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  }
  return path;
}
