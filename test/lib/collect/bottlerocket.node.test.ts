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
/** SHA-256 of the DER of the certificate in the sample's cluster-certificate, as openssl x509 -fingerprint tells it. */
const clusterCA = "00c45f6b33f0d38795af735b14e3b76d963264f750b806736da1893554aeadcb";

const states: [string, Change, object][] = [
  ["stock", {}, { "4.2.1": "PASS", "4.2.3": "PASS" }],
  ["in standalone mode", bottlerocketChanges.standalone, { "4.2.1": "FAIL", "4.2.3": "SKIP" }],
  ["without its CA file", bottlerocketChanges.caMissing, { "4.2.1": "PASS", "4.2.3": "FAIL" }],
];

describe.each(shells.map((shell) => ({ shell, name: shell[0] })))("under $name", ({ shell }) => {
  test.each(states)(
    "a Bottlerocket node %s: its API's answers come back in one page",
    async (state, change, expected) => {
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
        "standalone-mode": state === "in standalone mode",
        "server-tls-bootstrap": true,
      });
      expect(bottlerocket?.certificates).toEqual([{ sha256: clusterCA }]);
    },
  );

  test("one too old to report says so, and tells its settings", async () => {
    const { stdout, exitCode } = await runCollector(script, planted(control, bottlerocketChanges.tooOld), {}, shell);
    expect(exitCode).toBe(0);
    expect(readEvidence(stdout)).toMatchObject({
      os: { versionId: "1.14.3" },
      bottlerocket: { report: "apiclient ended with 2", certificates: [{ sha256: clusterCA }] },
    });
  });
});

test("in every shell an API that hangs is not waited for, and the evidence has its other answers", async () => {
  const hangs = 'case $1 in report) exec sleep infinity ;; *) echo "{}" ;; esac';
  const runs = shells.map((shell) => runCollector(script, planted(control), apiclient(hangs), shell));
  for (const { stdout } of await Promise.all(runs)) {
    expect(readEvidence(stdout).bottlerocket).toEqual({
      report: "apiclient did not answer within 8 seconds",
      settings: {},
      further: {},
      certificates: [],
    });
  }
});

/** An apiclient that does this, before the stand-in on PATH. */
function apiclient(commands: string): { PATH: string } {
  const bin = temporaryDirectory();
  writeFileSync(join(bin, "apiclient"), `#!/bin/sh\n${commands}\n`);
  chmodSync(join(bin, "apiclient"), 0o755);
  return { PATH: `${bin}:${process.env.PATH}` };
}

test.each([
  ["fails", "echo no >&2; exit 1", "apiclient ended with 1"],
  ["has no end", "yes 123456789", "apiclient answered with more than 65536 bytes"],
  ["is killed by the host", "kill -TERM $$", "apiclient ended with 143"],
])("where apiclient %s, each answer says so", async (_, commands, problem) => {
  const { stdout } = await runCollector(script, planted(control), apiclient(commands));
  expect(readEvidence(stdout).bottlerocket).toEqual({
    report: problem,
    settings: problem,
    further: problem,
    certificates: problem,
  });
});

test("where there is no apiclient, each answer says so", async () => {
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

test("settings that an earlier release refuses do not cost the other answers", async () => {
  const refuses = 'case $* in *static-pods*) echo no >&2; exit 1 ;; report*) exit 2 ;; *) echo "{}" ;; esac';
  const { stdout } = await runCollector(script, planted(control), apiclient(refuses));
  expect(readEvidence(stdout).bottlerocket).toMatchObject({ settings: {}, further: "apiclient ended with 1" });
});

test("the further settings are those of the node", async () => {
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

test("an API that never answers is left in time for Run Command, which ends a command after 30 seconds", () => {
  const limits = Array.from(script.matchAll(/^max_(answer|further)_seconds=(\d+)/gm), ([, , seconds]) =>
    Number(seconds),
  );
  const [answer = 0, further = 0] = limits;
  expect(3 * answer + further).toBeLessThan(30);
});

const settings = "/run/api/settings-kubernetes.json";

test("no other setting leaves the node, keys and tokens least of all", async () => {
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
  ["is no base64", '"cluster-certificate": "-----BEGIN",'],
  ["is base64 of something else", '"cluster-certificate": "aGVsbG8=",'],
])("where cluster-certificate %s, no certificate is told", async (_, line) => {
  const root = planted(control);
  const stock = readFileSync(join(root, settings), "utf8");
  writeFileSync(join(root, settings), stock.replace(/"cluster-certificate": .*/, line));
  const { stdout } = await runCollector(script, root);
  expect(readEvidence(stdout).bottlerocket?.certificates).toEqual([]);
});
