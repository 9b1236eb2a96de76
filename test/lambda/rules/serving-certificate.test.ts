import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const bootstrap = { serverTLSBootstrap: true };
const files = { tlsCertFile: "/etc/pki/kubelet.pem", tlsPrivateKeyFile: "/etc/pki/kubelet.key" };

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
  ["the config file sets both files", { file: files }, "passed", "tlsCertFile and tlsPrivateKeyFile are set"],
  ["flags set both files", { flags: ["--tls-cert-file=/c", "--tls-private-key-file=/k"] }, "passed", "are set"],
  ["only the certificate is set", { file: { tlsCertFile: "/c" } }, "failed", "the kubelet needs both"],
  ["only the key is set", { file: { ...bootstrap, tlsPrivateKeyFile: "/k" } }, "failed", "the kubelet needs both"],
];

test.each(rows)("%s", (_, state, status, because) => {
  expect(verdictsOn(state)["serving-certificate"]).toMatchObject({ status, because: expect.stringContaining(because) });
});
