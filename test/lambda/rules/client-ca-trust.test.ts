import { expect, test } from "vitest";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { resolve } from "../../../lambda/kubelet/resolve.ts";
import rule from "../../../lambda/rules/client-ca-trust.ts";
import type { CertificateAuthority } from "../../../lambda/rules/kit/rule.ts";
import {
  caFile,
  cluster,
  clusterCA,
  evidenceOn,
  type FileState,
  otherCA,
  startedAt,
  verdictsOn,
} from "../../node-state.ts";

const file = { authentication: { x509: { clientCAFile: caFile } } };
const holding = (...certificates: string[]): Record<string, FileState> => ({ [caFile]: { certificates } });

test.each([
  ["only the cluster's own CA", holding(clusterCA), "passed", 'subject "CN=kubernetes-CA1"'],
  ["only another CA", holding(otherCA), "failed", `not the cluster's own: SHA-256 ${otherCA}`],
  ["another CA beside the cluster's own", holding(clusterCA, otherCA), "failed", otherCA],
  ["the cluster's own CA twice", holding(clusterCA, clusterCA), "passed", "until 2036-11-21T18:29:39Z"],
] as const)("the client CA file contains %s", (_, files, status, because) => {
  const verdict = verdictsOn({ file, files })["client-ca-trust"];
  expect(verdict).toMatchObject({ status, from: caFile, because: expect.stringContaining(because) });
});

test("the value of the verdict lists the accepted certificates", () => {
  const verdict = verdictsOn({ file, files: holding(clusterCA, otherCA) })["client-ca-trust"];
  expect(verdict?.value).toEqual([clusterCA, otherCA]);
});

const silent = { version: "1.34" };

test.each([
  ["no client CA is configured", { file: {} }, {}, "NOT_APPLICABLE"],
  ["EKS did not return the cluster's CA", { file }, { cluster: silent }, "EVIDENCE_INCOMPLETE"],
  [
    "the text that EKS returned is not a certificate",
    { file },
    { cluster: { ...cluster, certificateAuthority: "bm8=" } },
    "EVIDENCE_INCOMPLETE",
  ],
  [
    "the evidence lacks the file",
    { file: { authentication: { x509: { clientCAFile: "/opt/ca" } } } },
    {},
    "EVIDENCE_INCOMPLETE",
  ],
] as const)("there is no verdict when %s", (_, state, input, reason) => {
  expect(verdictsOn(state, input)["client-ca-trust"]).toMatchObject({ status: "notAvailable", reason });
});

const day = 24 * 60 * 60;
const own: CertificateAuthority = {
  sha256: clusterCA,
  subject: "CN=kubernetes",
  isCA: true,
  notBefore: startedAt - day,
  notAfter: startedAt + 100 * day,
};

test.each([
  ["a valid CA certificate", own, "passed", "until"],
  ["a CA certificate that expires in 89 days", { ...own, notAfter: startedAt + 89 * day }, "passed", "which is soon"],
  ["an expired CA certificate", { ...own, notAfter: startedAt }, "failed", "expired at 2026-12-01T12:00:00Z"],
  ["a CA certificate that is not valid yet", { ...own, notBefore: startedAt + 1 }, "failed", "is not valid before"],
  ["not a CA certificate", { ...own, isCA: false }, "failed", "is not a CA certificate"],
])("the cluster's own CA is %s", (_, authority, status, because) => {
  const evidence = evidenceOn({ file });
  const found = theKubelet(evidence);
  const resolution = "process" in found ? resolve(evidence, found.process) : found;
  if (!("process" in found && "kubelet" in resolution)) throw new Error("the node should be readable");
  const input = { clusterCA: [authority], now: startedAt, benchmarks: [] };
  const node = { os: "al2023", evidence, ...found, ...resolution, ...input } as const;
  expect(rule.check(node)).toMatchObject({ status, because: expect.stringContaining(because) });
});
