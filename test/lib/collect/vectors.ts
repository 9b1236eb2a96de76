import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readEvidence } from "../../../lambda/evidence/evidence.ts";
import type { Resolution } from "../../../lambda/kubelet/effective.ts";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { resolve } from "../../../lambda/kubelet/resolve.ts";
import { plantNode, runCollector } from "../../../local-aws/node-tree.ts";
import { answer, type Case, readCases } from "../../lambda/kubelet/vectors.ts";
import { script, treeDirectory } from "./node.ts";

/** The minors for which each file contains the real kubelet's results. */
const minorsOf = {
  "by-hand.jsonl": ["1.27", "1.28", "1.29", "1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36"],
  "mixed.jsonl": ["1.29", "1.31", "1.34"],
  "start-up.jsonl": ["1.28", "1.31", "1.33", "1.34", "1.35", "1.36"],
};

/** Every `step`th case of each file, with the minors to compare. */
export function casesOf(step: number) {
  return Object.entries(minorsOf).flatMap(([file, minors]) =>
    readCases(file)
      .filter((_, index) => index % step === 0)
      .map((one) => ({ id: one.id, one, minors })),
  );
}

/**
 * Minors in which the collector and the resolver together differ from the real kubelet. The evidence does not depend on
 * the minor, so it is collected once.
 */
export async function disagreements(one: Case, versions: readonly string[]): Promise<string[]> {
  const evidence = readEvidence(await collect(one));
  const found = theKubelet(evidence);
  if ("unreadable" in found) return [found.unreadable.because];
  return versions.flatMap((version) => {
    const wrong = difference(resolve(evidence, found.process, version), answer(one, version));
    return wrong === undefined ? [] : `${version}: ${wrong}`;
  });
}

function difference(resolution: Resolution, expected: Record<string, unknown> | undefined): string | undefined {
  if ("unreadable" in resolution) return resolution.unreadable.because;
  if ("refuses" in resolution) return expected && `it refuses: ${resolution.refuses}`;
  if (!expected) return "it starts";
  const settings: Record<string, { value: unknown }> = { ...resolution.kubelet.settings };
  const found = Object.fromEntries(Object.keys(expected).map((name) => [name, settings[name]?.value]));
  return isDeepStrictEqual(found, expected) ? undefined : `${JSON.stringify(found)}, not ${JSON.stringify(expected)}`;
}

async function collect(one: Case): Promise<string> {
  const root = treeDirectory();
  for (const directory of one.dirs ?? []) mkdirSync(join(root, directory), { recursive: true });
  plantNode("al2023", root, {
    argv: ["/usr/bin/kubelet", ...(one.args ?? [])],
    cwd: one.cwd ?? "/",
    environ: one.env ?? {},
    files: { ...ownFiles, ...one.files, ...decoded(one.files_b64), ...certificates(one.pem) },
    links: one.symlinks ?? {},
  });
  return (await runCollector(script, root)).stdout;
}

/** Files of the sample node that are deleted, because a case defines its own. /etc/eks contains the version file. */
const ownFiles = {
  "/etc/eks": null,
  "/etc/kubernetes/kubelet/config.json": null,
  "/etc/kubernetes/pki/ca.crt": null,
  "/var": null,
};

function decoded(files: Record<string, string> = {}) {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, Buffer.from(text, "base64")]));
}

function certificates(pem: Record<string, string> = {}) {
  return Object.fromEntries(
    Object.entries(pem).map(([path, name]) => [path, readFileSync(`test/kubelet-vectors/${name}`)]),
  );
}
