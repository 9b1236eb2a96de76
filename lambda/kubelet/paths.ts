import { posix, win32 } from "node:path";
import type { Evidence } from "./evidence.ts";

/** How a node's system writes paths, as Go's filepath has it there. */
export interface Paths {
  isAbsolute(path: string): boolean;
  /** Lexically clean, without a slash at its end. */
  clean(path: string): string;
  resolve(directory: string, path: string): string;
  dirname(path: string): string;
  basename(path: string): string;
  /** Equal for paths that lead to the same file. */
  key(path: string): string;
}

const posixPaths: Paths = {
  isAbsolute: (path) => path.startsWith("/"),
  clean: (path) => posix.normalize(path).replace(/(?<=.)\/$/, ""),
  resolve: (directory, path) => posix.resolve(directory, path),
  dirname: posix.dirname,
  basename: (path) => posix.basename(path),
  key: (path) => path,
};

/** "\etc" and "/etc" lack a drive, and to Go they are relative. Source: golang/go path/filepath, IsAbs on Windows. */
const windowsPaths: Paths = {
  isAbsolute: (path) => /^([a-z]:[\\/]|[\\/]{2})/i.test(path),
  clean: (path) => win32.normalize(path).replace(/(?<=[^:])\\$/, ""),
  resolve: (directory, path) => win32.normalize(`${directory}\\${path}`),
  dirname: win32.dirname,
  basename: (path) => win32.basename(path),
  key: (path) => path.toLowerCase(),
};

export function isWindows({ os }: Pick<Evidence, "os">): boolean {
  return os.id === "windows";
}

export function pathsOf(evidence: Pick<Evidence, "os">): Paths {
  return isWindows(evidence) ? windowsPaths : posixPaths;
}
