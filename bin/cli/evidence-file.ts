import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { evidenceWord } from "../../lambda/evidence/frame.ts";
import { decodeText } from "../../lib/text-file.ts";
import type { Io } from "./io.ts";

/** Maximum size of an evidence file, in bytes. SSM returns at most 24,000, so a much larger file is not evidence. */
const largestEvidence = 16 * 1024 * 1024;

/** Reads a file with output of the collector, or standard input for "-". Throws an error that contains the reason. */
export async function readEvidenceFile(path: string, io: Pick<Io, "stdin">): Promise<string> {
  const evidence = await readSavedFile(path, io);
  if (evidence.includes(evidenceWord)) return evidence;
  throw new Error(
    'the file does not contain output of the collector. Print the collector with "eks-kubelet-auditor collector", run it as root on the node, and save what it prints.',
  );
}

/** Reads a text file, or standard input for "-". Throws an error that contains the reason. */
export async function readSavedFile(path: string, { stdin }: Pick<Io, "stdin">): Promise<string> {
  try {
    return await readText(path === "-" ? stdin : createReadStream(path));
  } catch (error) {
    throw new Error(`cannot read the file: ${error instanceof Error ? error.message : error}`);
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
  return decodeText(Buffer.concat(chunks));
}
