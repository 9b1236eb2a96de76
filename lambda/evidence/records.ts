import { altered, UnreadableEvidenceError } from "./frame.ts";

/** Limits of the collectors (docs/evidence.md). Evidence that exceeds one of them does not come from a collector. */
const maxProcesses = 16;
/** The collector reports up to 200 paths. A directory that it could not read completely is reported a second time. */
const maxFiles = 400;

/** Maximum records of one payload: enough for the processes and files above and a remark on each. */
const maxRecords = 4_000;

/** The records of one process, one file, or the node, keyed by name. */
export type Fields = Map<string, Buffer>;

/**
 * Names of the records in each group. `process`, `file` and `bottlerocket` open a group. Records of the node may stand
 * anywhere.
 */
export const vocabulary = {
  node: new Set(["now", "btime", "os", "version-file", "unseen", "no-survey", "restarted"]),
  process: new Set(
    "process argv argv-encoded command-line cwd exe uid owner ppid start started namespaces root unit dropin-env version version-file".split(
      " ",
    ),
  ),
  file: new Set("file kind link stat way modified content part certificates problem".split(" ")),
  bottlerocket: new Set(
    "bottlerocket report no-report settings no-settings further no-further certificates no-certificates".split(" "),
  ),
};

/** Groups the records by process, file, Bottlerocket and node. The last record must be `end`. */
export function sortRecords(payload: Buffer) {
  const [node, processes, files, remarks]: [Fields, Fields[], Fields[], string[]] = [new Map(), [], [], []];
  let [current, words]: [Fields, Set<string>] = [node, vocabulary.node];
  let bottlerocket: Fields | undefined;
  let ended = false;
  eachRecord(payload, (name, value) => {
    if (ended) throw altered("data follows its end record");
    if (name === "end") ended = true;
    else if (name === "remark") remarks.push(text(value));
    else if (vocabulary.node.has(name) && !words.has(name) && !node.has(name)) node.set(name, value);
    else {
      if (name === "process") [current, words] = [new Map(), vocabulary.process];
      if (name === "file") [current, words] = [new Map(), vocabulary.file];
      if (name === "bottlerocket" && bottlerocket === undefined) {
        bottlerocket = new Map();
        [current, words] = [bottlerocket, vocabulary.bottlerocket];
      }
      if (name === "process" && processes.push(current) > maxProcesses)
        throw altered(`it has more than ${maxProcesses} processes`);
      if (name === "file" && files.push(current) > maxFiles) throw altered(`it has more than ${maxFiles} files`);
      if (!words.has(name) || current.has(name)) throw altered(`record "${name}" is misplaced or repeated`);
      current.set(name, value);
    }
  });
  if (!ended)
    throw new UnreadableEvidenceError("EVIDENCE_CUT", "The collector stopped before it had printed everything.");
  return { node, processes, files, bottlerocket, remarks };
}

/** A record is a name, the length of its value, a newline, the value, a newline. */
function eachRecord(payload: Buffer, take: (name: string, value: Buffer) => void): void {
  const text = payload.toString("latin1");
  const header = /([a-z-]{1,20}) (\d{1,8})\n/y;
  let count = 0;
  for (let at = 0; at < payload.length; ) {
    header.lastIndex = at;
    const [, name, length] = header.exec(text) ?? [];
    if (name === undefined) throw altered("a record has no name or no length");
    const start = header.lastIndex;
    const end = start + Number(length);
    if (payload[end] !== 0x0a) throw altered(`record "${name}" does not end where it should`);
    if (++count > maxRecords) throw altered(`it has more than ${maxRecords} records`);
    take(name, payload.subarray(start, end));
    at = end + 1;
  }
}

export function text(value: Buffer | undefined): string {
  if (value === undefined) throw altered("a record is missing");
  return value.toString();
}

export function integer(fields: Fields, name: string): number {
  const digits = text(fields.get(name));
  if (!/^\d{1,15}$/.test(digits)) throw altered(`record "${name}" is not a number`);
  return Number(digits);
}

export function oneOf<T extends string>(known: readonly T[], word: string): T {
  const found = known.find((candidate) => candidate === word);
  if (found === undefined)
    throw altered(`it contains ${JSON.stringify(word.slice(0, 40))}, which is not one of ${known.join(", ")}`);
  return found;
}
