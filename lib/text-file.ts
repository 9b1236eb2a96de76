import { readFileSync } from "node:fs";

/** Decodes UTF-8, or UTF-16 as Windows PowerShell writes it: little-endian with a byte order mark. */
export function decodeText(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes);
}

/** Reads a text file. If that fails, throws the error that `refuse` returns for the reason. */
export function readTextFile(path: string, refuse: (reason: string) => Error): string {
  try {
    return decodeText(readFileSync(path));
  } catch (error) {
    throw refuse(`it cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
