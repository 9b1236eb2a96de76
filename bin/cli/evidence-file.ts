import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { Io } from "./io.ts";

/** Maximum size of an evidence file, in bytes. SSM returns at most 24,000, so a much larger file is not evidence. */
const largestEvidence = 16 * 1024 * 1024;

/** Reads the text of an evidence file, or of standard input for "-". Throws an error that contains the reason. */
export async function readEvidenceFile(path: string, { stdin }: Pick<Io, "stdin">): Promise<string> {
  try {
    return await readText(path === "-" ? stdin : createReadStream(path));
  } catch (error) {
    throw new Error(`cannot read the evidence: ${error instanceof Error ? error.message : error}`);
  }
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > largestEvidence) throw new Error(`the file is larger than ${largestEvidence / 1024 / 1024} MiB`);
  }
  return Buffer.concat(chunks).toString("utf8");
}
