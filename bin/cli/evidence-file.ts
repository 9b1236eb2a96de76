import { createReadStream } from "node:fs";
import { evidenceWord } from "../../lambda/evidence/frame.ts";
import { decodeText, whyUnreadable } from "../../lib/text-file.ts";
import type { Io } from "./io.ts";

/** Maximum size of an evidence file, in bytes. SSM returns at most 24,000, so a much larger file is not evidence. */
const largestEvidence = 16 * 1024 * 1024;

/** Reads a file with output of the collector, or standard input for "-". Throws an error that contains the reason. */
export async function readEvidenceFile(path: string, io: Pick<Io, "stdin">): Promise<string> {
  const evidence = await readSavedFile(path, io);
  if (evidence.includes(evidenceWord)) return evidence;
  const problem = evidence.trim() === "" ? "is empty" : "does not contain output of the collector";
  throw new Error(
    `${named(path)} ${problem}. Print the collector with "eks-kubelet-auditor collector", run it as root on the node, and save what it prints.`,
  );
}

/** Reads a text file, or standard input for "-". Throws an error that contains the reason. */
export async function readSavedFile(path: string, { stdin }: Pick<Io, "stdin">): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of path === "-" ? stdin : createReadStream(path)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > largestEvidence) break;
    }
  } catch (error) {
    if (path !== "-") throw new Error(whyUnreadable(path, error));
    throw new Error(`Standard input cannot be read: ${error instanceof Error ? error.message : error}. Name a file.`);
  }
  if (size <= largestEvidence) return decodeText(Buffer.concat(chunks));
  throw new Error(
    `${named(path)} is larger than ${largestEvidence / 1024 / 1024} MiB. Name a file with the output of one run of the collector.`,
  );
}

function named(path: string): string {
  return path === "-" ? "Standard input" : `The file ${JSON.stringify(path)}`;
}
