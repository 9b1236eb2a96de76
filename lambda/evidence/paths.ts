import { posix, win32 } from "node:path";

/** Path operations of a node's operating system, with the results of Go's filepath package on that system. */
export interface Paths {
  isAbsolute(path: string): boolean;
  /** The absolute path that Go's filepath.Abs and filepath.Join return: ".." removes the name before it. */
  lexical(directory: string, path: string): string;
  /** The absolute path that Go's os.Open and os.Lstat pass to the system, where ".." after a link leaves its target. */
  asGiven(directory: string, path: string): string;
  /** The path without "." and ".."; relative if the directory is relative. */
  join(directory: string, name: string): string;
  dirname(path: string): string;
  basename(path: string): string;
  /** The key is equal for two spellings of the same path. */
  key(path: string): string;
}

/** Path operations of Linux. They also apply to a node whose operating system is unknown. */
export const linuxPaths: Paths = {
  isAbsolute: (path) => path.startsWith("/"),
  lexical: (directory, path) => posix.resolve("/", directory, path),
  asGiven: (directory, path) => {
    if (path.startsWith("/") && !/\/\.?(\/|$)/.test(path)) return path;
    const names = (path.startsWith("/") ? path : `${directory}/${path}`).split("/");
    return `/${names.filter((name) => name !== "" && name !== ".").join("/")}`;
  },
  join: posix.join,
  dirname: posix.dirname,
  basename: (path) => posix.basename(path),
  key: (path) => path,
};

const hasDrive = /^([a-z]:[\\/]|[\\/]{2})/i;

/**
 * Windows removes ".." from a path before it follows links. Source: Microsoft, "File path formats on Windows systems".
 */
function foldedWindowsPath(directory: string, path: string): string {
  return win32.normalize(hasDrive.test(path) ? path : `${directory}\\${path}`).replace(/(?<=[^:])\\$/, "");
}

/**
 * Go treats "\etc" and "/etc" as relative, because they lack a drive. Source: golang/go path/filepath, IsAbs on
 * Windows.
 */
const windowsPaths: Paths = {
  isAbsolute: (path) => hasDrive.test(path),
  lexical: foldedWindowsPath,
  asGiven: foldedWindowsPath,
  join: win32.join,
  dirname: win32.dirname,
  basename: (path) => win32.basename(path),
  key: (path) => path.toLowerCase(),
};

/**
 * Whether a path ends in "/" or "/.". The system then follows a link at its end and accepts only a directory.
 * Source: Linux, path_resolution(7).
 */
export function namesDirectory(path: string): boolean {
  return /\/\.?$/.test(path);
}

/** The part of the evidence that contains the operating system. */
interface WithSystem {
  os: { id?: string };
}

export function isWindows({ os }: WithSystem): boolean {
  return os.id === "windows";
}

export function pathsOf(evidence: WithSystem): Paths {
  return isWindows(evidence) ? windowsPaths : linuxPaths;
}
