import { expect, test } from "vitest";
import { clusterCA, type FileState, type NodeState, verdictsOn } from "../../node-state.ts";

const bootstrap = { serverTLSBootstrap: true };
const [pem, key] = ["/etc/pki/kubelet.pem", "/etc/pki/kubelet.key"];
const files = { tlsCertFile: pem, tlsPrivateKeyFile: key };
const pair = (
  certificate: FileState,
  others: Record<string, FileState> = { [key]: { certificates: [] } },
): NodeState => ({
  file: files,
  files: { [pem]: certificate, ...others },
});
const signed = { certificates: [clusterCA] };

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["the config file does not contain a certificate", { file: {} }, "failed", "serverTLSBootstrap is false"],
  ["the kubelet has neither a config file nor flags", {}, "failed", "neither tlsCertFile nor tlsPrivateKeyFile"],
  [
    "the config file requests a certificate from the cluster",
    { file: bootstrap },
    "passed",
    "serverTLSBootstrap is true",
  ],
  [
    "the flag requests a certificate from the cluster",
    { flags: ["--rotate-server-certificates"] },
    "passed",
    "(flag) sets it",
  ],
  [
    "a drop-in turns the request off",
    { file: bootstrap, dropIns: { "a.conf": { serverTLSBootstrap: false } } },
    "failed",
    "a.conf",
  ],
  [
    "a flag turns the request off",
    { file: bootstrap, flags: ["--rotate-server-certificates=false"] },
    "failed",
    "overrides true",
  ],
  ["the config file sets both files", pair(signed), "passed", "tlsCertFile and tlsPrivateKeyFile are set"],
  [
    "flags set both files",
    { flags: ["--tls-cert-file=/c", "--tls-private-key-file=/k"], files: { "/c": signed, "/k": {} } },
    "passed",
    "are set",
  ],
  ["the evidence contains neither file", { file: files }, "notAvailable", `does not contain ${pem}`],
  [
    "the collector could not read the certificate",
    pair({ ...signed, problem: "it cannot be read" }),
    "notAvailable",
    pem,
  ],
  ["the evidence does not contain the key", pair(signed, {}), "notAvailable", `does not contain ${key}`],
  ["the certificate does not exist", pair({ kind: "missing" }), "failed", `${pem} does not exist`],
  ["the certificate is a directory", pair({ kind: "directory" }), "failed", `${pem} is a directory`],
  ["the certificate file is empty", pair({ certificates: [] }), "failed", "contains no certificate"],
  [
    "the certificate does not parse",
    pair({ certificates: ["malformed"] }),
    "failed",
    "begins with a malformed certificate",
  ],
  [
    "a malformed certificate follows the first one",
    pair({ certificates: [clusterCA, "malformed"] }),
    "passed",
    "are set",
  ],
  ["the evidence has the file without its certificates", pair({}), "notAvailable", `does not contain ${pem}`],
  [
    "the path of the certificate ends in a slash",
    { ...pair(signed), file: { ...files, tlsCertFile: `${pem}/` } },
    "failed",
    "its path ends in a slash",
  ],
  ["the key does not exist", pair(signed, { [key]: { kind: "missing" } }), "failed", `${key} does not exist`],
  [
    "the cluster signs the certificate, and the files do not exist",
    { file: { ...files, ...bootstrap } },
    "passed",
    "serverTLSBootstrap is true",
  ],
  ["only the certificate is set", { file: { tlsCertFile: "/c" } }, "failed", "the kubelet needs both"],
  ["only the key is set", { file: { ...bootstrap, tlsPrivateKeyFile: "/k" } }, "failed", "the kubelet needs both"],
];

test.each(rows)("%s", (_, state, status, because) => {
  expect(verdictsOn(state)["serving-certificate"]).toMatchObject({ status, because: expect.stringContaining(because) });
});
