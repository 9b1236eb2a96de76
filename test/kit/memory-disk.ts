import { readFileSync, statfsSync } from "node:fs";

/** Bytes that the files of nodes and the synthesized stacks of all tests need at the same time, with a margin. */
const enough = 1_000_000_000;

/**
 * Path of a file system in memory that allows programs and devices; undefined if there is none. Tests create nodes with
 * thousands of small files, which takes fifty times more CPU time on a disk. In containers this file system is often
 * too small or forbids programs.
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
