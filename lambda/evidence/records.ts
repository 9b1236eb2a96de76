import { altered, UnreadableEvidenceError } from "./frame.ts";

/** Limits of the collectors (docs/evidence.md): evidence that is over one of them does not come from a collector. */
const maxProcesses = 16;
/** 200 paths, and each directory once more that was not read to its end. */
const maxFiles = 400;

/** Records in one payload: enough for the processes and files above and a remark on each. */
const maxRecords = 4_000;

/** The records of one process, one file, or the node, by name. */
export type Fields = Map<string, Buffer>;

/** Which records may stand in which group; `process`, `file` and `bottlerocket` open one. Those of the node may stand anywhere. */
export const vocabulary = {
  node: new Set(["now", "btime", "os", "version-file", "unseen", "no-survey", "restarted"]),
  process: new Set(
    "process argv argv-encoded command-line cwd exe uid owner ppid start started namespaces root unit dropin-env version version-file".split(
      " ",
    ),
  ),
  file: new Set("file kind link stat modified content part certificates problem".split(" ")),
  bottlerocket: new Set("bottlerocket report no-report settings no-settings certificates no-certificates".split(" ")),
};

/** Sorts the records by what they belong to; `end` must be the last one. */
export function sortRecords(payload: Buffer) {
  const [node, processes, files, remarks]: [Fields, Fields[], Fields[], string[]] = [new Map(), [], [], []];
  let [current, words]: [Fields, Set<string>] = [node, vocabulary.node];
  let bottlerocket: Fields | undefined;
  let ended = false;
  for (const [name, value] of records(payload)) {
    if (ended) throw altered("something follows its end");
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
      if (!words.has(name) || current.has(name)) throw altered(`a record "${name}" stands where none belongs`);
      current.set(name, value);
    }
  }
  if (!ended) throw new UnreadableEvidenceError("EVIDENCE_CUT", "The collector stopped before its end.");
  return { node, processes, files, bottlerocket, remarks };
}

/** A record is a name, the length of its value, a newline, the value, a newline. */
function* records(payload: Buffer): Generator<[string, Buffer]> {
  let count = 0;
  for (let at = 0; at < payload.length; ) {
    const [head, name, length] = /^([a-z-]{1,20}) (\d{1,8})\n/.exec(payload.toString("latin1", at, at + 32)) ?? [];
    if (head === undefined || name === undefined) throw altered("a record has no head");
    const start = at + head.length;
    const end = start + Number(length);
    if (payload[end] !== 0x0a) throw altered(`record "${name}" does not end where it should`);
    if (++count > maxRecords) throw altered(`it has more than ${maxRecords} records`);
    yield [name, payload.subarray(start, end)];
    at = end + 1;
  }
}

export function text(value: Buffer | undefined): string {
  if (value === undefined) throw altered("a record is missing");
  return value.toString();
}

export function integer(fields: Fields, name: string): number {
  const digits = text(fields.get(name));
  if (!/^\d{1,15}$/.test(digits)) throw altered(`record "${name}" is no number`);
  return Number(digits);
}

export function oneOf<T extends string>(known: readonly T[], word: string): T {
  const found = known.find((candidate) => candidate === word);
  if (found === undefined)
    throw altered(`it says ${JSON.stringify(word.slice(0, 40))} where ${known.join(", ")} belongs`);
  return found;
}
