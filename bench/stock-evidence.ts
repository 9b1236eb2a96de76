import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { plantNode, runCollector } from "../local-aws/node-tree.ts";
import { windowsEvidence } from "../local-aws/planted-trees.ts";
import { collectorFile } from "../test/kit/collector-file.ts";

/** The collector's output on a sample node, a directory of `local-aws/nodes/`. */
export async function evidenceOf(kind: string): Promise<string> {
  if (kind === "windows") return windowsEvidence;
  const root = await mkdtemp(join(tmpdir(), "bench-"));
  plantNode(kind, root);
  const { stdout } = await runCollector(collectorFile(), root);
  await rm(root, { recursive: true });
  return stdout;
}

/** Parts of evidence that differ between any two nodes: addresses, names, ids, times and the kubelet's PID. */
const ofOneNode: readonly (readonly [RegExp, (number: number) => string])[] = [
  [
    /(?<=\b10)([.-])\d{1,3}\1\d{1,3}\1\d{1,3}\b/g,
    (number) => `$1${number >> 16}$1${(number >> 8) & 255}$1${number & 255}`,
  ],
  [/(?<=\bm?i-)[0-9a-f]{17}\b/g, (number) => number.toString(16).padStart(17, "0")],
  [/(?<=^|\s)17\d{8}\b/g, (number) => String(1_796_000_000 - number)],
  [/^\d{4}$/g, (number) => String(1_000 + (number % 8_999))],
];

/** Values in every configuration file. They are the same on most nodes of an account. */
const ofConfiguration: typeof ofOneNode = [
  [/172\.20\.0\.10/g, (number) => `172.${number >> 16}.${(number >> 8) & 255}.${number & 255}`],
  [/(?<=readOnlyPort: )10255/g, (number) => String(10_000 + (number % 50_000))],
];

/**
 * Returns the evidence of node `number`: `output` with other values for `ofOneNode`. With `ownConfiguration`, the
 * values of `ofConfiguration` differ as well.
 */
export function fromNode(output: string, number: number, ownConfiguration = false): string {
  const changes = ownConfiguration ? [...ofOneNode, ...ofConfiguration] : ofOneNode;
  const [, base64 = ""] = /\nBEGIN\n(\S+)\n/.exec(output) ?? [];
  let payload = gunzipSync(Buffer.from(base64, "base64")).toString("latin1");
  let changed = "";
  while (payload !== "") {
    const [head = "", name, length] = /^([a-z-]+) (\d+)\n/.exec(payload) ?? [];
    const end = head.length + Number(length);
    const value = changes.reduce(
      (text, [part, own]) => text.replace(part, own(number)),
      payload.slice(head.length, end),
    );
    changed += `${name} ${value.length}\n${value}\n`;
    payload = payload.slice(end + 1);
  }
  const packed = gzipSync(Buffer.from(changed, "latin1"), { level: 9 }).toString("base64");
  const digest = createHash("sha256").update(packed).digest("hex");
  return `eks-kubelet-evidence 1\nBEGIN\n${packed}\nEND ${packed.length} ${digest}\n`;
}
