import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { ReasonCode, Unreadable } from "../domain/node.ts";
import { quoted } from "../text.ts";

/** The collector's output begins with this word and the version of the format. */
export const evidenceWord = "eks-kubelet-evidence";

/** The version of docs/evidence.md that this code reads. */
const formatVersion = "1";

/** Maximum characters of output that this code reads. Run Command returns 24,000; a file from a shell may be longer. */
const maxOutputCharacters = 4 * 1024 * 1024;

/** Maximum bytes of an unpacked payload. The collector reads at most 1 MiB of file contents. */
const maxPayloadBytes = 4 * 1024 * 1024;

/**
 * Size of the buffer in bytes. Most unpacked payloads fit into it; zlib's default is twice as large and takes longer.
 */
const usualPayloadBytes = 8_192;

/** Run Command appends standard error after this line. Source: amazon-ssm-agent, agent/contracts/plugin.go. */
const errorSeparator = "\n----------ERROR-------\n";

/**
 * Run Command's mark at the end of cut output. Source: amazon-ssm-agent, agent/contracts/plugin.go and
 * agent/framework/docmanager.
 */
const cutMark = /--output truncated--\s*$|---Output truncated---/;

const header = /^eks-kubelet-evidence (\S+)/;
const endLine = /\nEND \d{1,9}( \S{64})?(\r?\n|$)/;
const failure = /^eks-kubelet-evidence \S+\s+FAILED (.{1,200})/;
const lastLine = /^END (\d{1,9})(?: ([0-9a-f]{64}))?$/;

const fixes = {
  EVIDENCE_MISSING: "Check on the node that the SSM agent can run a shell script, then run the audit again.",
  EVIDENCE_CUT:
    "Run the audit again. If the output is cut each time, the kubelet's arguments and drop-ins are larger than Run Command can return: make them smaller.",
  EVIDENCE_ALTERED:
    "Run the audit again. If this happens each time, find out what changes the output on the node, and do not trust the node until then.",
  EVIDENCE_UNKNOWN_FORMAT:
    "Deploy the stack again, so that the SSM document and the function have the same version. Collect saved evidence again.",
} as const satisfies Partial<Record<ReasonCode, string>>;

/** Thrown when the output of the collector cannot be used. `unreadable` contains the reason for people. */
export class UnreadableEvidenceError extends Error {
  override readonly name = "UnreadableEvidenceError";
  readonly unreadable: Unreadable;
  constructor(code: keyof typeof fixes, because: string) {
    super(because);
    this.unreadable = { code, because, fix: fixes[code] };
  }
}

export function altered(what: string) {
  return new UnreadableEvidenceError("EVIDENCE_ALTERED", `The evidence is not as the collector printed it: ${what}.`);
}

/**
 * Returns the payload of a frame (docs/evidence.md). Throws if the frame is damaged, so that no rule sees its payload.
 */
export function unpack(output: string): { payload: Buffer; sha256: string } {
  if (output.length > maxOutputCharacters) throw altered(`it has ${output.length} characters`);
  const [text = "", errors = ""] = output.split(errorSeparator, 2).map((part) => part.trim());
  const framed = parseFrame(text);
  if (header.exec(text)?.[1] !== formatVersion || framed === undefined) throw explain(text, errors);
  const { base64, length, digest } = framed;
  const lengthWasCut = digest === undefined && `${base64.length}`.startsWith(`${length}`) && base64.length !== length;
  if (lengthWasCut) throw wasCut(text);
  if (base64.length !== length) throw altered(`it has ${base64.length} characters instead of ${length}`);
  if (base64.length % 4 !== 0) throw altered("its base64 is incomplete");
  const sha256 = createHash("sha256").update(base64).digest("hex");
  if (digest !== undefined && digest !== sha256) throw altered("its digest does not match");
  const packed = Buffer.from(base64, "base64");
  // Without a digest, gzip's own checksum must prove that the payload is unchanged.
  if (digest === undefined && !isGzip(packed)) throw altered("it has neither a digest nor gzip's checksum");
  return { payload: isGzip(packed) ? unzip(packed) : packed, sha256 };
}

/**
 * The parts of a frame; undefined if `text` is not a frame. They are found by position, because a regular expression
 * for the whole frame would take quadratic time on blank lines.
 */
function parseFrame(text: string): { base64: string; length: number; digest: string | undefined } | undefined {
  const [headerEnd, endStart] = [text.indexOf("\n"), text.lastIndexOf("\n")];
  const [, length, digest] = lastLine.exec(text.slice(endStart + 1)) ?? [];
  const [title, body] = [text.slice(0, headerEnd).trimEnd(), text.slice(headerEnd, endStart).trim()];
  if (length === undefined || !/^eks-kubelet-evidence \S+$/.test(title) || !/^BEGIN(\s|$)/.test(body)) return undefined;
  const base64 = body.slice("BEGIN".length).trim();
  return isBase64(base64) ? { base64, length: Number(length), digest } : undefined;
}

/** Whether the text is base64. A regular expression with a quantifier over the whole text takes ten times as long. */
function isBase64(text: string): boolean {
  const padding = text.indexOf("=");
  return !/[^A-Za-z0-9+/=]/.test(text) && (padding < 0 || /^==?$/.test(text.slice(padding)));
}

/**
 * Why `text` is not a frame. A text with a frame's beginning but without its end was cut; any other text was altered.
 */
function explain(text: string, errors: string): UnreadableEvidenceError {
  if (text === "") {
    const because = errors === "" ? "" : ` Its shell reported ${quoted(errors)}.`;
    return new UnreadableEvidenceError("EVIDENCE_MISSING", `The node sent no evidence.${because}`);
  }
  const [, failed] = failure.exec(text) ?? [];
  if (failed !== undefined) {
    const because = `The collector could not run on the node: ${failed}.`;
    return new UnreadableEvidenceError("EVIDENCE_MISSING", because);
  }
  const version = header.exec(text)?.[1];
  if (version !== undefined && version !== formatVersion && /^\d+$/.test(version)) {
    const because = `The evidence has format ${version.slice(0, 20)}; this auditor reads format ${formatVersion}.`;
    return new UnreadableEvidenceError("EVIDENCE_UNKNOWN_FORMAT", because);
  }
  const begun = version !== undefined || `${evidenceWord} ${formatVersion}`.startsWith(text);
  if (begun && (cutMark.test(text) || !endLine.test(text))) {
    return wasCut(text);
  }
  return altered(begun ? "its frame is damaged" : `it does not begin with "${evidenceWord}"`);
}

function wasCut({ length }: string): UnreadableEvidenceError {
  return new UnreadableEvidenceError("EVIDENCE_CUT", `The evidence was cut after ${length} characters.`);
}

/** A node without gzip sends the payload uncompressed. */
function isGzip(packed: Buffer): boolean {
  return packed[0] === 0x1f && packed[1] === 0x8b;
}

function unzip(packed: Buffer): Buffer {
  try {
    return gunzipSync(packed, { maxOutputLength: maxPayloadBytes, chunkSize: usualPayloadBytes });
  } catch (error) {
    throw altered(`it cannot be unpacked (${error instanceof Error ? error.message : error})`);
  }
}
