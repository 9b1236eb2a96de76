/**
 * "Why not kube-bench?" States of a node in which what stands in a file or on a command line is not what the kubelet does.
 * Each row is a state, what the kubelet makes of it, our verdicts, and who gets it wrong today.
 *
 * What the kubelet does was computed with its own start-up code, Kubernetes 1.27 to 1.36. "Wrong" names tools that were run
 * on the state, or whose source was read: aquasecurity/kube-bench @ a73ce378 (benchmark eks-1.8.0), kubescape/regolibrary @
 * ce7ef32a, elastic/cloudbeat @ 2b3db5e2, DataDog/datadog-agent pkg/compliance/k8sconfig @ 9aff5a2d, aquasecurity/trivy-checks
 * @ 80e53822, prowler-cloud/prowler @ 3e000faa, bridgecrewio/checkov @ 03d5fdad, mitre/eks-cis-node-baseline,
 * mondoohq/cnspec @ 62835b1 and bottlerocket-core-kit @ a10182f9. They move on: read it as of 2026.
 */
import { expect, test } from "vitest";
import { benchmarkFor } from "../lambda/rules/kit/benchmark.ts";
import {
  caFile,
  clusterCA,
  config,
  dropInDirectory,
  type NodeState,
  otherCA,
  startedAt,
  verdictsOn,
} from "./node-state.ts";

interface Pitfall {
  state: string;
  node: NodeState;
  kubelet: string;
  verdicts: Readonly<Record<string, "passed" | "failed" | "notAvailable">>;
  wrong: string;
}

const ca = (clientCAFile: string | null) => ({ authentication: { x509: { clientCAFile } } });
const withCA = ca(caFile);
const yaml = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n";
const elsewhere = "/opt/kubelet/cfg.json";
const wideOpen = {
  authentication: { anonymous: { enabled: true } },
  authorization: { mode: "AlwaysAllow" },
  readOnlyPort: 10255,
};

const clientCA: Pitfall[] = [
  {
    state: "the file sets the client CA, a flag empties it",
    node: { file: withCA, flags: ["--client-ca-file="] },
    kubelet: "asks no client for a certificate: flags beat files, empty ones too",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench, Datadog, kubescape, Elastic and Bottlerocket's report pass it",
  },
  {
    state: "the flag is given twice, empty the second time",
    node: { flags: [`--client-ca-file=${caFile}`, "--client-ca-file="] },
    kubelet: "takes the last",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench, kubescape and Datadog pass it; Elastic reports nothing at all",
  },
  {
    state: "a drop-in empties it, Kubernetes 1.29 and later",
    node: { version: "1.29", file: withCA, dropIns: { "90-site.conf": ca("") } },
    kubelet: "takes the drop-in's word",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench, kubescape, Elastic and Datadog pass it: none reads --config-dir",
  },
  {
    state: "a drop-in empties it, Kubernetes 1.28",
    node: { version: "1.28", file: withCA, dropIns: { "90-site.conf": ca("") } },
    kubelet: "keeps the file's: an empty value does not override there",
    verdicts: { "client-ca-file": "passed" },
    wrong: "nobody, by luck",
  },
  {
    state: "only a drop-in sets it, as nodeadm writes what NodeConfig says",
    node: { file: {}, dropIns: { "40-nodeadm.conf": withCA } },
    kubelet: "uses it",
    verdicts: { "client-ca-file": "passed" },
    wrong: "kube-bench, kubescape, Elastic and Datadog fail it",
  },
  {
    state: "a drop-in sets it to null, Kubernetes 1.32 and later",
    node: { version: "1.32", file: withCA, dropIns: { "90-site.conf": ca(null) } },
    kubelet: "goes back to the default, which is none",
    verdicts: { "client-ca-file": "failed" },
    wrong: "every tool that does not read drop-ins",
  },
  {
    state: "a drop-in sets it to null, Kubernetes 1.31 and earlier",
    node: { version: "1.31", file: withCA, dropIns: { "90-site.conf": ca(null) } },
    kubelet: "takes no notice",
    verdicts: { "client-ca-file": "passed" },
    wrong: "a tool that merges as later versions do",
  },
  {
    state: "the file says null",
    node: { file: ca(null) },
    kubelet: "has no client CA",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench, kubescape, Elastic and Prowler pass it",
  },
  {
    state: 'the file says ""',
    node: { file: ca("") },
    kubelet: "has no client CA",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kubescape, Elastic, Prowler and Datadog pass it; kube-bench is right",
  },
  {
    state: "the flag is spelt with underscores",
    node: { flags: [`--client_ca_file=${caFile}`] },
    kubelet: "reads it as the same flag",
    verdicts: { "client-ca-file": "passed" },
    wrong: "kube-bench, kubescape, Elastic and Datadog fail it",
  },
  {
    state: "a node label holds the flag's name, and there is no client CA",
    node: { flags: ["--node-labels=note=no--client-ca-file"] },
    kubelet: "has no client CA",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench and kubescape pass it: they search the joined command line",
  },
  {
    state: "a user's process named kubelet carries the flag, the kubelet does not",
    node: {
      processes: [
        ["process", "1234"],
        ["argv", "/usr/bin/kubelet\0"],
        ["uid", "0"],
        ["namespaces", "host"],
        ["version", "Kubernetes v1.34.2"],
        ["process", "5678"],
        ["argv", `kubelet\0--client-ca-file=${caFile}\0`],
        ["uid", "1000"],
        ["namespaces", "host"],
      ],
    },
    kubelet: "is not that process",
    verdicts: { "client-ca-file": "failed", "node-auditable": "passed" },
    wrong: "kube-bench passes it: it takes everybody's processes",
  },
  {
    state: "an old kubelet-config.json with a client CA was left behind",
    node: { file: {}, files: { "/etc/kubernetes/kubelet/kubelet-config.json": { content: withCA } } },
    kubelet: "reads what --config names, and nothing else",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench passes it: it takes the first of some twenty paths that exists",
  },
  {
    state: "--config names an unusual path",
    node: { flags: [`--config=${elsewhere}`], files: { [elsewhere]: { content: withCA } } },
    kubelet: "reads it",
    verdicts: { "client-ca-file": "passed" },
    wrong: "kube-bench fails it: it reads another file",
  },
  {
    state: "the config file has no extension, as on Bottlerocket",
    node: {
      flags: ["--config", "/etc/kubernetes/kubelet/config"],
      files: { "/etc/kubernetes/kubelet/config": { content: withCA } },
    },
    kubelet: "tells YAML from JSON by the content",
    verdicts: { "client-ca-file": "passed" },
    wrong: "Elastic reads no config",
  },
  {
    state: "another flag that ends in config= stands before --config",
    node: {
      flags: ["--image-credential-provider-config=/etc/eks/image-credential-provider/config.json"],
      file: withCA,
    },
    kubelet: "knows them apart; nodeadm writes them in random order",
    verdicts: { "client-ca-file": "passed" },
    wrong: "Elastic fails a correct node: it takes the first match of config=",
  },
  {
    state: "the flag is given in two words, and its path holds an equals sign",
    node: { flags: ["--client-ca-file", "/etc/a=b.crt"], files: { "/etc/a=b.crt": { certificates: [clusterCA] } } },
    kubelet: "takes the second word whole",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "passed" },
    wrong: "Trivy cuts the path; checkov fails the two words",
  },
  {
    state: "the client CA file was removed after the start",
    node: { file: withCA, files: { [caFile]: { kind: "missing", certificates: [] } } },
    kubelet: "runs on with the old bundle and will not start again",
    verdicts: { "client-ca-file": "notAvailable", "config-drift": "failed", "node-auditable": "failed" },
    wrong: "kube-bench, Trivy and Datadog pass it",
  },
  {
    state: "the client CA file holds another CA",
    node: { file: withCA, files: { [caFile]: { certificates: [otherCA] } } },
    kubelet: "lets that CA's clients in",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "failed" },
    wrong: "nobody notices",
  },
  {
    state: "a CA was added to the cluster's own in the same file",
    node: { file: withCA, files: { [caFile]: { certificates: [clusterCA, otherCA] } } },
    kubelet: "lets the clients of both in",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "failed" },
    wrong: "nobody notices",
  },
  {
    state: "the client CA file, which holds nothing secret, is readable by all",
    node: { file: withCA, files: { [caFile]: { mode: 0o644 } } },
    kubelet: "does not mind; nodeadm writes it that way",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "passed" },
    wrong: "Mondoo fails a stock AL2023 node: it wants 0600",
  },
  {
    state: "the path is relative, in the file",
    node: { file: ca("ca.crt"), files: { "/etc/kubernetes/kubelet/ca.crt": { certificates: [clusterCA] } } },
    kubelet: "looks beside the config file",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "passed" },
    wrong: "Datadog looks in the host's root directory",
  },
  {
    state: "the path is relative, in a flag",
    node: { flags: ["--client-ca-file=ca.crt"], files: { "/ca.crt": { certificates: [clusterCA] } } },
    kubelet: "looks in its working directory",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "passed" },
    wrong: "those who compare with one path, as MITRE's profile does",
  },
  {
    state: "the file on disk is malformed",
    node: { file: '{"kind": "KubeletConfiguration"' },
    kubelet: "has started with something else, so nobody can tell",
    verdicts: { "client-ca-file": "notAvailable", "config-drift": "failed", "node-auditable": "failed" },
    wrong: "kube-bench and kubescape fail the setting, Bottlerocket's report passes some",
  },
  {
    state: "the key is in the wrong letter case in the file",
    node: { file: { authentication: { x509: { clientcafile: caFile } } } },
    kubelet: "ignores it",
    verdicts: { "client-ca-file": "failed" },
    wrong: "parsers that do not mind the case",
  },
  {
    state: "the key is in lower case in a drop-in",
    node: { file: {}, dropIns: { "90-site.conf": { authentication: { x509: { clientcafile: caFile } } } } },
    kubelet: "takes it: after the merge, names match without case",
    verdicts: { "client-ca-file": "passed" },
    wrong: "parsers that know one spelling",
  },
  {
    state: "a second authentication block follows, in YAML",
    node: {
      file: `${yaml}authentication:\n  x509:\n    clientCAFile: ${caFile}\nauthentication:\n  anonymous:\n    enabled: false\n`,
    },
    kubelet: "lets the last one replace the first",
    verdicts: { "client-ca-file": "failed" },
    wrong: "parsers that take the first or refuse",
  },
  {
    state: "a second authentication block follows, in JSON",
    node: {
      file: `{"kind":"KubeletConfiguration","apiVersion":"kubelet.config.k8s.io/v1beta1","authentication":{"x509":{"clientCAFile":"${caFile}"}},"authentication":{"anonymous":{"enabled":false}}}`,
    },
    kubelet: "merges the two",
    verdicts: { "client-ca-file": "passed" },
    wrong: "parsers that take the last, as most do",
  },
  {
    state: "the client CA is in a second YAML document",
    node: { file: `${yaml}---\n${yaml}authentication: {x509: {clientCAFile: ${caFile}}}\n` },
    kubelet: "reads the first alone",
    verdicts: { "client-ca-file": "failed" },
    wrong: "parsers that merge documents",
  },
  {
    state: "a drop-in lies in the usual directory, but --config-dir is not given",
    node: {
      file: {},
      files: { [dropInDirectory]: { kind: "directory" }, [`${dropInDirectory}/90-site.conf`]: { content: withCA } },
    },
    kubelet: "does not read it",
    verdicts: { "client-ca-file": "failed" },
    wrong: "readers that look where drop-ins usually are",
  },
  {
    state: "a drop-in is named .json",
    node: { file: {}, dropIns: { "90-site.json": withCA } },
    kubelet: "reads *.conf alone",
    verdicts: { "client-ca-file": "failed" },
    wrong: "readers that take every file",
  },
  {
    state: "a drop-in lies in a hidden directory below --config-dir",
    node: {
      file: {},
      dropIns: {},
      files: {
        [`${dropInDirectory}/.hidden`]: { kind: "directory" },
        [`${dropInDirectory}/.hidden/90-site.conf`]: { content: withCA },
      },
    },
    kubelet: "reads it: the walk is recursive",
    verdicts: { "client-ca-file": "passed" },
    wrong: "readers of the top level",
  },
];

const otherRules: Pitfall[] = [
  {
    state: "a drop-in opens everything",
    node: { file: {}, dropIns: { "90-site.conf": wideOpen } },
    kubelet: "does as it says",
    verdicts: { "anonymous-auth": "failed", "authorization-mode": "failed", "read-only-port": "failed" },
    wrong: "kube-bench and all others that do not read drop-ins",
  },
  {
    state: "the file does not mention the read-only port, as on Windows",
    node: { file: withCA },
    kubelet: "closes it: with a config file, absent is 0",
    verdicts: { "anonymous-auth": "passed", "authorization-mode": "passed", "read-only-port": "passed" },
    wrong: "kube-bench fails it; Datadog fills in 10255, anonymous and AlwaysAllow",
  },
  {
    state: "there is no config file, and nothing is set",
    node: {},
    kubelet: "has its old defaults: anonymous requests, AlwaysAllow, port 10255",
    verdicts: { "anonymous-auth": "failed", "authorization-mode": "failed", "read-only-port": "failed" },
    wrong: "checkers that know one set of defaults",
  },
  {
    state: "--config= is empty",
    node: { flags: ["--config="] },
    kubelet: "takes it for no config file, with all that follows",
    verdicts: { "anonymous-auth": "failed", "authorization-mode": "failed", "read-only-port": "failed" },
    wrong: "checkers that look for the flag alone",
  },
  {
    state: "anonymous requests are turned off with f",
    node: { flags: ["--anonymous-auth=f"] },
    kubelet: "knows f, 0, F, FALSE and False as well",
    verdicts: { "anonymous-auth": "passed" },
    wrong: "kube-bench fails it",
  },
  {
    state: "anonymous requests are turned off, then on",
    node: { file: {}, flags: ["--anonymous-auth=false", "--anonymous-auth=true"] },
    kubelet: "takes the last",
    verdicts: { "anonymous-auth": "failed" },
    wrong: "kube-bench passes it",
  },
  {
    state: "the read-only port is 0x0",
    node: { flags: ["--read-only-port=0x0"] },
    kubelet: "reads numbers as Go does",
    verdicts: { "read-only-port": "passed" },
    wrong: "kube-bench fails it",
  },
  {
    state: "the streaming timeout is 0s by flag",
    node: { file: {}, flags: ["--streaming-connection-idle-timeout=0s"] },
    kubelet: "takes the zero as it is",
    verdicts: { "streaming-idle-timeout": "failed" },
    wrong: "kube-bench passes it",
  },
  {
    state: "the streaming timeout is 0s in a drop-in, Kubernetes 1.29 to 1.31",
    node: { version: "1.31", file: {}, dropIns: { "90-site.conf": { streamingConnectionIdleTimeout: "0s" } } },
    kubelet: "takes the zero as it is",
    verdicts: { "streaming-idle-timeout": "failed" },
    wrong: "all that do not read drop-ins",
  },
  {
    state: "the streaming timeout is 0s in the file",
    node: { file: { streamingConnectionIdleTimeout: "0s" } },
    kubelet: "takes zero for unset, which is 4 hours",
    verdicts: { "streaming-idle-timeout": "passed" },
    wrong: "kube-bench and kubescape pass it for a wrong reason; who reads the benchmark to the letter fails it",
  },
  {
    state: "the streaming timeout is 0h30m by flag",
    node: { file: {}, flags: ["--streaming-connection-idle-timeout=0h30m"] },
    kubelet: "reads half an hour",
    verdicts: { "streaming-idle-timeout": "passed" },
    wrong: "kubescape fails it: it begins with a zero",
  },
  {
    state: "eventRecordQPS is 0",
    node: { file: { eventRecordQPS: 0 } },
    kubelet: "sends 5 events a second, the client library's default, and not all of them",
    verdicts: { "event-qps": "passed" },
    wrong: "kubescape fails it, though the benchmark allows it",
  },
  {
    state: "RotateKubeletServerCertificate is not mentioned",
    node: { file: {} },
    kubelet: "has the gate on by default",
    verdicts: { "rotate-server-certificate": "passed" },
    wrong: "kube-bench fails it",
  },
  {
    state: "all beta gates are off",
    node: { file: { featureGates: { AllBeta: false } } },
    kubelet: "has RotateKubeletServerCertificate off with them",
    verdicts: { "rotate-server-certificate": "failed" },
    wrong: "checkers that look for the gate's name",
  },
  {
    state: "rotateCertificates is not mentioned",
    node: { file: {} },
    kubelet: "has it off, which harms no node that authenticates with IAM",
    verdicts: { "rotate-client-certificates": "passed" },
    wrong: "checkers of the effective default fail every stock node; kubescape judges tlsCertFile under that number",
  },
  {
    state: "anybody can write the drop-ins",
    node: {
      file: {},
      dropIns: { "40-nodeadm.conf": {} },
      files: { [dropInDirectory]: { mode: 0o777 }, [`${dropInDirectory}/40-nodeadm.conf`]: { mode: 0o666 } },
    },
    kubelet: "will obey them when it restarts",
    verdicts: { "kubelet-config-mode": "failed" },
    wrong: "kube-bench passes it",
  },
  {
    state: "the config file was changed after the kubelet started",
    node: { file: withCA, files: { [config]: { modifiedAt: startedAt + 3600 } } },
    kubelet: "still does what the old one said",
    verdicts: { "config-drift": "failed" },
    wrong: "nobody compares the two",
  },
];

test.each([...clientCA, ...otherRules])("$state: the kubelet $kubelet (wrong: $wrong)", ({ node, verdicts }) => {
  const all = verdictsOn(node);
  const got = Object.fromEntries(Object.keys(verdicts).map((rule) => [rule, all[rule]?.status]));
  expect(got).toEqual(verdicts);
});

test("new Kubernetes versions are judged by the newest benchmark (wrong: kube-bench falls back to eks-1.5.0)", () => {
  expect([benchmarkFor("1.35"), benchmarkFor("1.36")]).toEqual(["1.8.0", "1.8.0"]);
});
