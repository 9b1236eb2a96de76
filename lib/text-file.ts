import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** Decodes UTF-8, or UTF-16 as Windows PowerShell writes it: little-endian with a byte order mark. */
export function decodeText(bytes: Uint8Array, options?: { fatal: boolean }): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8", options).decode(bytes);
}

/** Reads a text file. If that fails, throws the error that `refuse` returns for the reason. */
export function readTextFile(path: string, refuse: (reason: string) => Error): string {
  try {
    return decodeText(readFileSync(path), { fatal: true });
  } catch (error) {
    throw refuse(whyUnreadable(path, error));
  }
}

/** Sentences about a file that cannot be read: the reason, its place and what to do. */
export function whyUnreadable(path: string, error: unknown): string {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
  const place = resolve(path);
  const file = place === path ? JSON.stringify(path) : `${JSON.stringify(path)} (${JSON.stringify(place)})`;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return `There is no file ${file}. Check the path.`;
    case "EISDIR":
      return `${file} is a folder. Name a file in it.`;
    case "EACCES":
    case "EPERM":
      return `This user may not read the file ${file}. Change its permissions, or run the command as another user.`;
    case "ERR_ENCODING_INVALID_ENCODED_DATA":
      return `The file ${file} is not UTF-8 text. Save it as UTF-8.`;
    default:
      return `The file ${file} cannot be read: ${message}. Check the path.`;
  }
}
