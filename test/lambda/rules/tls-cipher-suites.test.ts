import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const suites = (...tlsCipherSuites: string[]) => ({ file: { tlsCipherSuites } });
const strong = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
const weak = "TLS_RSA_WITH_AES_128_GCM_SHA256";
/** The cipher suites of the images of Amazon Linux. */
const stock = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  strong,
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
];

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["the config file does not contain a list", { file: {} }, "failed", "default suites of its Go version"],
  ["the kubelet has neither a config file nor flags", {}, "failed", "default suites of its Go version"],
  ["the config file sets an empty list", suites(), "failed", "default suites of its Go version"],
  ["the config file lists the six strong suites", suites(...stock), "passed", "(config file) sets it"],
  [
    "the list of Amazon Linux has two more",
    suites(...stock, "TLS_RSA_WITH_AES_256_GCM_SHA384", weak),
    "failed",
    `and ${weak}`,
  ],
  [
    "a suite has the newer of its two names",
    suites("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    "passed",
    "CHACHA20",
  ],
  ["a suite belongs to TLS 1.3", suites(strong, "TLS_AES_128_GCM_SHA256"), "passed", strong],
  ["a flag lists a weak suite", { file: {}, flags: [`--tls-cipher-suites=${strong},${weak}`] }, "failed", "not strong"],
  [
    "a drop-in replaces the list",
    { ...suites(weak), dropIns: { "a.conf": { tlsCipherSuites: [strong] } } },
    "passed",
    "a.conf (drop-in) sets it",
  ],
  [
    "the minimum of TLS 1.3 makes the list ineffective",
    { file: { tlsCipherSuites: [weak], tlsMinVersion: "VersionTLS13" } },
    "passed",
    "tlsMinVersion is",
  ],
];

test.each(rows)("%s", (_, state, status, because) => {
  expect(verdictsOn(state)["tls-cipher-suites"]).toMatchObject({ status, because: expect.stringContaining(because) });
});
