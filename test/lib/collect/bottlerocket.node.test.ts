import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readEvidence } from "../../../lambda/evidence/evidence.ts";
import { bottlerocketChanges } from "../../../local-aws/bottlerocket.ts";
import { type Change, runCollector } from "../../../local-aws/node-tree.ts";
import { planted, script, shells, temporaryDirectory } from "./node.ts";

/**
 * Characters of a node's output that ListCommandInvocations returns. Source: AWS Systems Manager API Reference,
 * CommandPlugin.
 */
const charactersInOnePage = 2_500;

const control = "bottlerocket-control";
/** SHA-256 of the certificate (DER) in the sample's cluster-certificate, computed with openssl x509 -fingerprint. */
const clusterCA = "00c45f6b33f0d38795af735b14e3b76d963264f750b806736da1893554aeadcb";

const states: [string, Change, object][] = [
  ["a stock node", {}, { "4.2.1": "PASS", "4.2.3": "PASS" }],
  ["a node in standalone mode", bottlerocketChanges.standalone, { "4.2.1": "FAIL", "4.2.3": "SKIP" }],
  ["a node without its CA file", bottlerocketChanges.caMissing, { "4.2.1": "PASS", "4.2.3": "FAIL" }],
];

describe.each(shells.map((shell) => ({ shell, name: shell[0] })))("under $name", ({ shell }) => {
  test.each(states)("the replies of the API fit into one page: %s", async (state, change, expected) => {
    const { stdout, exitCode } = await runCollector(script, planted(control, change), {}, shell);
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeLessThan(charactersInOnePage);
    const { os, kubelets, files, remarks, bottlerocket } = readEvidence(stdout);
    expect([kubelets, [...files], remarks]).toEqual([[], [], []]);
    expect(os).toMatchObject({ id: "bottlerocket", versionId: "1.26.1", variantId: "aws-k8s-1.31" });
    const checks = typeof bottlerocket?.report === "object" ? [...bottlerocket.report.checks] : [];
    const statuses = Object.fromEntries(checks.map(([id, { status }]) => [id, status]));
    expect(statuses).toMatchObject(expected);
    expect(checks).toHaveLength(22);
    expect(bottlerocket?.settings).toEqual({
      "standalone-mode": state === "a node in standalone mode",
      "server-tls-bootstrap": true,
    });
    expect(bottlerocket?.certificates).toEqual([{ sha256: clusterCA }]);
  });

  test("a release without reports sends the reason and its settings", async () => {
    const { stdout, exitCode } = await runCollector(script, planted(control, bottlerocketChanges.tooOld), {}, shell);
    expect(exitCode).toBe(0);
    expect(readEvidence(stdout)).toMatchObject({
      os: { versionId: "1.14.3" },
      bottlerocket: { report: "apiclient ended with 2", certificates: [{ sha256: clusterCA }] },
    });
  });
});

test("the evidence contains the other replies when one call of the API hangs, in every shell", async () => {
  const hangs = 'case $1 in report) exec sleep infinity ;; *) echo "{}" ;; esac';
  const runs = shells.map((shell) => runCollector(script, planted(control), apiclient(hangs), shell));
  for (const { stdout } of await Promise.all(runs)) {
    expect(readEvidence(stdout).bottlerocket).toEqual({
      report: "apiclient did not answer within 6 seconds",
      settings: {},
      further: {},
      certificates: [],
    });
  }
});

/** Puts an apiclient with these commands before the stand-in on PATH. */
function apiclient(commands: string): { PATH: string } {
  const bin = temporaryDirectory();
  writeFileSync(join(bin, "apiclient"), `#!/bin/sh\n${commands}\n`);
  chmodSync(join(bin, "apiclient"), 0o755);
  return { PATH: `${bin}:${process.env.PATH}` };
}

test.each([
  ["fails", "echo no >&2; exit 1", "apiclient ended with 1"],
  ["prints without end", "yes 123456789", "apiclient returned more than 65536 bytes"],
  ["is killed by the host", "kill -TERM $$", "apiclient ended with 143"],
])("each record contains the problem when apiclient %s", async (_, commands, problem) => {
  const { stdout } = await runCollector(script, planted(control), apiclient(commands));
  expect(readEvidence(stdout).bottlerocket).toEqual({
    report: problem,
    settings: problem,
    further: problem,
    certificates: problem,
  });
});

test("each record contains the problem when there is no apiclient", async () => {
  const withoutStandIns = { PATH: process.env.PATH ?? "" };
  const { stdout } = await runCollector(script, planted(control), withoutStandIns);
  const problem = "apiclient ended with 127";
  expect(readEvidence(stdout).bottlerocket).toEqual({
    report: problem,
    settings: problem,
    further: problem,
    certificates: problem,
  });
});

test("the evidence contains the other replies when an earlier release rejects the further settings", async () => {
  const refuses = 'case $* in *static-pods*) echo no >&2; exit 1 ;; report*) exit 2 ;; *) echo "{}" ;; esac';
  const { stdout } = await runCollector(script, planted(control), apiclient(refuses));
  expect(readEvidence(stdout).bottlerocket).toMatchObject({ settings: {}, further: "apiclient ended with 1" });
});

test("the evidence contains the further settings of the node", async () => {
  const root = planted(control);
  const stock = readFileSync(join(root, settings), "utf8");
  const set = `"static-pods-enabled": false,`;
  writeFileSync(join(root, settings), stock.replace('"authentication-mode": "aws",', set));
  const { stdout } = await runCollector(script, root);
  expect(readEvidence(stdout).bottlerocket?.further).toEqual({
    "static-pods-enabled": false,
    "hostname-override": "ip-10-0-71-44.ec2.internal",
  });
});

test("the time limits of all calls together stay below the 30 seconds after which Run Command ends a command", () => {
  const [, seconds] = /^max_answer_seconds=(\d+)/m.exec(readFileSync(script, "utf8")) ?? [];
  const [scan, certificates] = [2, 3];
  expect(4 * Number(seconds) + scan + certificates).toBeLessThan(30);
});

const settings = "/run/api/settings-kubernetes.json";

test("the evidence contains no other setting, and no key or token", async () => {
  const root = planted(control);
  const secrets = `"bootstrap-token": "abcdef.0123456789abcdef",\n      "server-key": "c2VjcmV0",\n      "event-qps": 25,`;
  const stock = readFileSync(join(root, settings), "utf8");
  writeFileSync(join(root, settings), stock.replace('"authentication-mode": "aws",', secrets));
  const { stdout } = await runCollector(script, root);
  expect(readEvidence(stdout).bottlerocket?.settings).toMatchObject({ "event-qps": 25 });
  const payload = gunzipSync(Buffer.from(stdout.split("\n")[2] ?? "", "base64")).toString();
  for (const word of ["bootstrap-token", "abcdef", "server-key", "c2VjcmV0", "api-server", "node-ip", "LS0t"])
    expect(payload).not.toContain(word);
});

test.each([
  ["is not set", ""],
  ["is not base64", '"cluster-certificate": "-----BEGIN",'],
  ["is base64 of other text", '"cluster-certificate": "aGVsbG8=",'],
])("the evidence contains no certificate when cluster-certificate %s", async (_, line) => {
  const root = planted(control);
  const stock = readFileSync(join(root, settings), "utf8");
  writeFileSync(join(root, settings), stock.replace(/"cluster-certificate": .*/, line));
  const { stdout } = await runCollector(script, root);
  expect(readEvidence(stdout).bottlerocket?.certificates).toEqual([]);
});
