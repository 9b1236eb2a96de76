import { MalformedDocument, UnsupportedDocument } from "../json.ts";
import { ahead, end, type Text } from "./cursor.ts";

/**
 * Size of a chunk in bytes. go-yaml decodes a chunk without looking at the bytes after it. Source: go-yaml v2
 * yamlprivateh.go.
 */
const chunkBytes = 512;

// biome-ignore lint/suspicious/noControlCharactersInRegex: YAML forbids exactly these. Source: go-yaml v2 readerc.go.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

/**
 * A byte order mark whose handling depends on go-yaml's buffer. go-yaml recognises a mark only at the start of its
 * buffer, and then omits a character of every later line. Source: go-yaml v2 yamlprivateh.go, is_bom.
 */
const doubtfulMark = new RegExp(`^\ufeff|\ufeff(?=.{0,${ahead - 2}}$)`, "su");

/** Decodes UTF-8, or UTF-16 after its byte order mark. Malformed bytes and control characters are errors. */
export function decodeText(content: Buffer): Text {
  const { encoding, mark } = encodingOf(content);
  let text = "";
  for (let from = 0, to = 0; to < content.length; from = to) {
    to = from + wholeCharacters(content.subarray(from, from + chunkBytes), encoding);
    const chunk = decodeChunk(content.subarray(from + (from === 0 ? mark : 0), to), encoding);
    if (chunk === undefined) return { text: text + end, beyond: notYaml(`not ${encoding.toUpperCase()} text`) };
    if (forbidden.test(chunk)) return { text: text + end, beyond: notYaml("control characters are not allowed") };
    const marked = chunk.search(doubtfulMark);
    if (marked >= 0) return { text: text + chunk.slice(0, marked) + end, beyond: doubtful };
    text += chunk;
  }
  return { text: text + end };
}

function notYaml(what: string): MalformedDocument {
  return new MalformedDocument(`not YAML: ${what}`);
}

const doubtful = new UnsupportedDocument("A configuration file has a byte order mark within its text.", "Remove it.");

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

function encodingOf(content: Buffer): { encoding: Encoding; mark: number } {
  const start = content.toString("hex", 0, 3);
  if (start.startsWith("fffe")) return { encoding: "utf-16le", mark: 2 };
  if (start.startsWith("feff")) return { encoding: "utf-16be", mark: 2 };
  return { encoding: "utf-8", mark: start === "efbbbf" ? 3 : 0 };
}

/** Number of leading bytes, without an incomplete character at the end; all bytes if none is complete. */
function wholeCharacters(bytes: Buffer, encoding: Encoding): number {
  let length = bytes.length;
  if (encoding === "utf-8") {
    const lead = bytes.findLastIndex((byte) => byte < 0x80 || byte >= 0xc0);
    const size = lead < 0 ? 0 : sizeFromLead(bytes.readUInt8(lead));
    if (lead + size > length) length = lead;
  } else {
    length -= length % 2;
    const last = length >= 2 ? (encoding === "utf-16le" ? bytes[length - 1] : bytes[length - 2]) : 0;
    if (last !== undefined && (last & 0xfc) === 0xd8) length -= 2;
  }
  return length === 0 ? bytes.length : length;
}

/**
 * Size of a character in bytes, by the leading bits of its first byte. A byte that cannot start a character has size 1.
 */
function sizeFromLead(lead: number): number {
  if (lead >= 0xf8) return 1;
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

const decoders = {
  "utf-8": new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }),
  "utf-16le": new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true }),
  "utf-16be": new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }),
};

function decodeChunk(bytes: Buffer, encoding: Encoding): string | undefined {
  try {
    return decoders[encoding].decode(bytes);
  } catch {
    return undefined;
  }
}
