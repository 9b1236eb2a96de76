import { posix, win32 } from "node:path";

/** How a node's system writes paths, as Go's filepath has it there. */
export interface Paths {
  isAbsolute(path: string): boolean;
  /** Absolute, as Go's filepath.Abs and filepath.Join make it: ".." takes back the name before it. */
  lexical(directory: string, path: string): string;
  /** Absolute, for the system to open, as Go's os.Open and os.Lstat have it: ".." goes up from where a link led. */
  asGiven(directory: string, path: string): string;
  /** Cleaned; relative if the directory is. */
  join(directory: string, name: string): string;
  dirname(path: string): string;
  basename(path: string): string;
  /** Equal for paths that lead to the same file. */
  key(path: string): string;
}

/** Also those of a node of unknown system. */
export const linuxPaths: Paths = {
  isAbsolute: (path) => path.startsWith("/"),
  lexical: (directory, path) => posix.resolve("/", directory, path),
  asGiven: (directory, path) => {
    const names = (path.startsWith("/") ? path : `${directory}/${path}`).split("/");
    return `/${names.filter((name) => name !== "" && name !== ".").join("/")}`;
  },
  join: posix.join,
  dirname: posix.dirname,
  basename: (path) => posix.basename(path),
  key: (path) => path,
};

const hasDrive = /^([a-z]:[\\/]|[\\/]{2})/i;

/** Windows folds ".." as text itself. Source: Microsoft, "File path formats on Windows systems". */
function foldedWindowsPath(directory: string, path: string): string {
  return win32.normalize(hasDrive.test(path) ? path : `${directory}\\${path}`).replace(/(?<=[^:])\\$/, "");
}

/** "\etc" and "/etc" lack a drive, and to Go they are relative. Source: golang/go path/filepath, IsAbs on Windows. */
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
 * Written like this a path means a directory: the system follows a link there, and opens no file under such a name.
 * Source: Linux, path_resolution(7).
 */
export function namesDirectory(path: string): boolean {
  return /\/\.?$/.test(path);
}

/** The part of evidence that names the node's system. */
interface WithSystem {
  os: { id?: string };
}

export function isWindows({ os }: WithSystem): boolean {
  return os.id === "windows";
}

export function pathsOf(evidence: WithSystem): Paths {
  return isWindows(evidence) ? windowsPaths : linuxPaths;
}
