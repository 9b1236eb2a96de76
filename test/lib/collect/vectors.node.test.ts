import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readEvidence } from "../../../lambda/evidence/evidence.ts";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { resolve } from "../../../lambda/kubelet/resolve.ts";
import { plantNode, runCollector } from "../../../local-aws/node-tree.ts";
import { collectorFile } from "../../kit/collector-file.ts";
import { answer, type Case, readCases } from "../../lambda/kubelet/vectors.ts";

/** Every so many cases go through the shell as well; all of them go through the resolver in its own test. */
const step = 5;

const folder = mkdtempSync(join(tmpdir(), "vectors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cases = [...readCases("by-hand.jsonl"), ...readCases("mixed.jsonl")].filter((_, index) => index % step === 0);

test.each(cases)("$id: from the disk through the collector to the real kubelet's answer", async (one) => {
  const evidence = readEvidence(await collect(one));
  const found = theKubelet(evidence);
  if ("unreadable" in found) throw new Error(found.unreadable.because);
  const resolution = resolve(evidence, found.process, "1.34");
  const expected = answer(one, "1.34");
  if (!expected) return expect(resolution).toHaveProperty("refuses");
  if (!("kubelet" in resolution)) throw new Error(JSON.stringify(resolution));
  const settings: Record<string, { value: unknown }> = { ...resolution.kubelet.settings };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, settings[name]?.value]))).toEqual(expected);
});

async function collect(one: Case): Promise<string> {
  const root = join(folder, one.id);
  for (const directory of one.dirs ?? []) mkdirSync(join(root, directory), { recursive: true });
  plantNode("al2023", root, {
    argv: ["/usr/bin/kubelet", ...(one.args ?? [])],
    cwd: one.cwd ?? "/",
    environ: one.env ?? {},
    files: { ...ownFiles, ...one.files, ...decoded(one.files_b64), ...certificates(one.pem) },
    links: one.symlinks ?? {},
  });
  return (await runCollector(collectorFile(), root)).stdout;
}

/** What the sample tree brings along and a case must not see; its version file among it. */
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
