import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { readEvidence } from "../../../lambda/evidence/evidence.ts";
import type { SettingName } from "../../../lambda/kubelet/effective.ts";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { resolve } from "../../../lambda/kubelet/resolve.ts";
import { plantNode, runCollector } from "../../../local-aws/node-tree.ts";
import { collectorFile } from "../../kit/collector-file.ts";

const repository = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** The settings, keyed by their names in expected.json of the sample nodes. */
const named: Readonly<Record<string, SettingName>> = {
  clientCAFile: "authentication.x509.clientCAFile",
  anonymousEnabled: "authentication.anonymous.enabled",
  authorizationMode: "authorization.mode",
  readOnlyPort: "readOnlyPort",
  streamingConnectionIdleTimeout: "streamingConnectionIdleTimeout",
  makeIPTablesUtilChains: "makeIPTablesUtilChains",
  eventRecordQPS: "eventRecordQPS",
  rotateCertificates: "rotateCertificates",
  rotateKubeletServerCertificate: "featureEnabled.RotateKubeletServerCertificate",
};

test.each([
  ["al2", "cmdline.bin", "effective"],
  ["al2023", "cmdline.bin", "effective"],
  ["al2023-dropin", "cmdline.bin", "effective"],
  ["al2023-dropin-bad", "cmdline.bin", "effective"],
  ["al2023-wrong-ca", "cmdline.bin", "effective"],
  ["bottlerocket", "cmdline.bin", "effective"],
  ["hybrid", "cmdline.bin", "effective"],
  ["self-managed-flags", "cmdline.bin", "effective"],
  ["self-managed-flags", "cmdline-bad.bin", "effectiveBad"],
  ["ubuntu", "cmdline.bin", "effective"],
])("%s, started as %s: the collected evidence resolves to the declared settings", async (kind, cmdline, field) => {
  const root = mkdtempSync(join(tmpdir(), "sample-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  plantNode(kind, root, { cmdline });
  const evidence = readEvidence((await runCollector(collectorFile(), root)).stdout);
  const found = theKubelet(evidence);
  const sample = JSON.parse(readFileSync(repository(`local-aws/nodes/${kind}/expected.json`), "utf8"));
  const clusterVersion: string | undefined = /1\.\d+/.exec(sample.kubelet)?.[0];
  const resolution = "process" in found ? resolve(evidence, found.process, clusterVersion) : found;
  const expected: Record<string, unknown> = sample[field];
  expect(resolution).toHaveProperty("kubelet");
  if (!("kubelet" in resolution)) return;
  const { settings } = resolution.kubelet;
  const declared = Object.keys(expected).map((name) => {
    const setting = settings[named[name] ?? "enableServer"];
    return [name, setting.from.layer === "default" ? null : setting.value];
  });
  expect(Object.fromEntries(declared)).toEqual(expected);
});
