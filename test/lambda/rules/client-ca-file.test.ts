import { expect, test } from "vitest";
import { caFile, clusterCA, type NodeState, verdictsOn } from "../../node-state.ts";

const set = { authentication: { x509: { clientCAFile: caFile } } };
const emptied = { authentication: { x509: { clientCAFile: "" } } };
const nulled = { authentication: { x509: { clientCAFile: null } } };
const relative = { authentication: { x509: { clientCAFile: "ca.crt" } } };
const beside = { "/etc/kubernetes/kubelet/ca.crt": { certificates: [clusterCA] } };

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  [
    "the config file sets the client CA",
    { file: set },
    "passed",
    "/etc/kubernetes/kubelet/config.json (config file) sets it",
  ],
  [
    "the flag sets the client CA",
    { flags: [`--client-ca-file=${caFile}`] },
    "passed",
    `--client-ca-file=${caFile} (flag) sets it`,
  ],
  [
    "a drop-in sets the client CA",
    { file: {}, dropIns: { "40-nodeadm.conf": set } },
    "passed",
    "40-nodeadm.conf (drop-in) sets it",
  ],
  ["the config file does not contain a client CA", { file: {} }, "failed", 'is "" because nothing sets it'],
  ["the kubelet has neither a config file nor flags", {}, "failed", "nothing sets it"],
  [
    "an empty value in the file does not count as set",
    { file: emptied },
    "failed",
    "config.json (config file) empties it",
  ],
  [
    "an empty flag does not count as set",
    { file: set, flags: ["--client-ca-file="] },
    "failed",
    "--client-ca-file= (flag) empties it",
  ],
  [
    "the sentence contains the value that an empty flag overrides",
    { file: set, flags: ["--client-ca-file="] },
    "failed",
    `it overrides "${caFile}" from`,
  ],
  [
    "an empty drop-in from 1.29 on",
    { version: "1.29", file: set, dropIns: { "90.conf": emptied } },
    "failed",
    "90.conf (drop-in) empties it",
  ],
  [
    "an empty drop-in on 1.28 does nothing",
    { version: "1.28", file: set, dropIns: { "90.conf": emptied } },
    "passed",
    "(config file)",
  ],
  [
    "null in a drop-in from 1.32 on",
    { version: "1.32", file: set, dropIns: { "90.conf": nulled } },
    "failed",
    "counts as not set",
  ],
  [
    "null in a drop-in up to 1.31 does nothing",
    { version: "1.31", file: set, dropIns: { "90.conf": nulled } },
    "passed",
    "(config file)",
  ],
  ["null in the config file", { file: nulled }, "failed", "counts as not set"],
  [
    "the sentence contains a relative path as the kubelet resolves it",
    { file: relative, files: beside },
    "passed",
    "/etc/kubernetes/kubelet/ca.crt",
  ],
];

test.each(rows)("%s", (_, state, status, because) => {
  const verdict = verdictsOn(state)["client-ca-file"];
  expect(verdict).toMatchObject({ status, because: expect.stringContaining(because) });
});

test("the verdict contains the value and its origin as fields", () => {
  expect(verdictsOn({ file: set })["client-ca-file"]).toMatchObject({
    value: caFile,
    from: "/etc/kubernetes/kubelet/config.json",
  });
});

test.each([
  ["a blank", " ", "EVIDENCE_INCOMPLETE"],
  ["a line break", "/etc/a\nb", "EVIDENCE_INCOMPLETE"],
  ["a whole PEM text", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "EVIDENCE_INCOMPLETE"],
  ["NUL", "/etc/a\0b", "KUBELET_WOULD_NOT_START"],
  ["a name of 256 bytes", `/etc/${"x".repeat(256)}`, "KUBELET_WOULD_NOT_START"],
  ["4,096 bytes", "/abc".repeat(1024), "KUBELET_WOULD_NOT_START"],
])("a path that is not in the evidence does not pass: %s", (_, clientCAFile, reason) => {
  const verdict = verdictsOn({ file: { authentication: { x509: { clientCAFile } } } })["client-ca-file"];
  expect(verdict).toMatchObject({ status: "notAvailable", reason });
});

test("an unreadable node has no verdict, and the reason is the node's", () => {
  const verdict = verdictsOn({}, { collected: { output: "" } })["client-ca-file"];
  expect(verdict).toMatchObject({ status: "notAvailable", reason: "EVIDENCE_MISSING" });
});
