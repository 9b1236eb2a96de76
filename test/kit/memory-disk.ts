import { readFileSync, statfsSync } from "node:fs";

/** Bytes that the trees and synthesized stacks of all tests need at the same time, generously. */
const enough = 1_000_000_000;

/**
 * A file system in memory on which programs and devices work, or undefined. Tests plant nodes of thousands of small
 * files, which takes fifty times more processor time on a disk. Containers often have a small one that runs no programs.
 */
export function memoryDisk(): string | undefined {
  const path = "/dev/shm";
  try {
    const [, options = "noexec"] =
      new RegExp(`^\\S+ ${path} tmpfs (\\S+)`, "m").exec(readFileSync("/proc/mounts", "utf8")) ?? [];
    const { bavail, bsize } = statfsSync(path);
    return /\b(noexec|nodev|ro)\b/.test(options) || bavail * bsize < enough ? undefined : path;
  } catch {
    return undefined;
  }
}
