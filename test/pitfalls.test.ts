/**
 * Reasons not to use a tool that reads files and command lines only. In each state of a node, a file or the command
 * line differs from the kubelet's effective configuration. A row contains the state, the kubelet's behaviour, the
 * auditor's verdicts, and the tools with a wrong verdict.
 *
 * The kubelet's behaviour was computed with its own start-up code, Kubernetes 1.27 to 1.36. "Wrong" names tools that
 * were run on the state or whose source was read: aquasecurity/kube-bench @ a73ce378 (benchmark eks-1.8.0),
 * kubescape/regolibrary @ ce7ef32a, elastic/cloudbeat @ 2b3db5e2, DataDog/datadog-agent pkg/compliance/k8sconfig @
 * 9aff5a2d, aquasecurity/trivy-checks @ 80e53822, prowler-cloud/prowler @ 3e000faa, bridgecrewio/checkov @ 03d5fdad,
 * mitre/eks-cis-node-baseline, mondoohq/cnspec @ 62835b1 and bottlerocket-core-kit @ a10182f9. Later versions of these
 * tools may differ.
 */
import { expect, test } from "vitest";
import { withPart } from "../docs/generated.ts";
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
  /** Recorded answer of kube-bench. It is present in the states that the README shows. */
  kubeBench?: "wrong" | "right" | "arguable" | "not recorded";
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
    kubeBench: "wrong",
    node: { file: withCA, flags: ["--client-ca-file="] },
    kubelet: "requests no client certificates: a flag overrides the file, also an empty flag",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench, Datadog, kubescape, Elastic and Bottlerocket's report pass it",
  },
  {
    state: "the client CA flag is given twice, empty the second time",
    kubeBench: "wrong",
    node: { flags: [`--client-ca-file=${caFile}`, "--client-ca-file="] },
    kubelet: "uses the last one",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench, kubescape and Datadog pass it; Elastic reports nothing at all",
  },
  {
    state: "a drop-in empties the client CA, Kubernetes 1.29 and later",
    kubeBench: "wrong",
    node: { version: "1.29", file: withCA, dropIns: { "90-site.conf": ca("") } },
    kubelet: "uses the value of the drop-in",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench, kubescape, Elastic and Datadog pass it: none reads --config-dir",
  },
  {
    state: "a drop-in empties the client CA, Kubernetes 1.28",
    kubeBench: "not recorded",
    node: { version: "1.28", file: withCA, dropIns: { "90-site.conf": ca("") } },
    kubelet: "keeps the value of the file: in this version, an empty value does not override",
    verdicts: { "client-ca-file": "passed" },
    wrong: "none: tools that do not read drop-ins are right by chance",
  },
  {
    state: "only a drop-in sets the client CA, as nodeadm writes settings of NodeConfig",
    kubeBench: "wrong",
    node: { file: {}, dropIns: { "40-nodeadm.conf": withCA } },
    kubelet: "uses the value of the drop-in",
    verdicts: { "client-ca-file": "passed" },
    wrong: "kube-bench, kubescape, Elastic and Datadog fail it",
  },
  {
    state: "a drop-in sets the client CA to null, Kubernetes 1.32 and later",
    kubeBench: "not recorded",
    node: { version: "1.32", file: withCA, dropIns: { "90-site.conf": ca(null) } },
    kubelet: "resets it to the default, no client CA",
    verdicts: { "client-ca-file": "failed" },
    wrong: "every tool that does not read drop-ins",
  },
  {
    state: "a drop-in sets the client CA to null, Kubernetes 1.31 and earlier",
    kubeBench: "not recorded",
    node: { version: "1.31", file: withCA, dropIns: { "90-site.conf": ca(null) } },
    kubelet: "ignores the null",
    verdicts: { "client-ca-file": "passed" },
    wrong: "a tool that merges as later versions do",
  },
  {
    state: "the file sets the client CA to null",
    kubeBench: "wrong",
    node: { file: ca(null) },
    kubelet: "has no client CA",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench, kubescape, Elastic and Prowler pass it",
  },
  {
    state: 'the file sets the client CA to ""',
    kubeBench: "right",
    node: { file: ca("") },
    kubelet: "has no client CA",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kubescape, Elastic, Prowler and Datadog pass it; kube-bench is right",
  },
  {
    state: "the client CA flag is written with underscores",
    kubeBench: "wrong",
    node: { flags: [`--client_ca_file=${caFile}`] },
    kubelet: "accepts it as the same flag",
    verdicts: { "client-ca-file": "passed" },
    wrong: "kube-bench, kubescape, Elastic and Datadog fail it",
  },
  {
    state: "a node label contains the flag's name, and there is no client CA",
    kubeBench: "wrong",
    node: { flags: ["--node-labels=note=no--client-ca-file"] },
    kubelet: "has no client CA",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench and kubescape pass it: they search the joined command line",
  },
  {
    state: "a user's process named kubelet carries the flag, the kubelet does not",
    kubeBench: "wrong",
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
    wrong: "kube-bench passes it: it reads the processes of all users",
  },
  {
    state: "an old kubelet-config.json with a client CA was left behind",
    kubeBench: "wrong",
    node: { file: {}, files: { "/etc/kubernetes/kubelet/kubelet-config.json": { content: withCA } } },
    kubelet: "reads only the file that --config names",
    verdicts: { "client-ca-file": "failed" },
    wrong: "kube-bench passes it: it reads the first existing file of about twenty paths",
  },
  {
    state: "--config names an unusual path",
    kubeBench: "wrong",
    node: { flags: [`--config=${elsewhere}`], files: { [elsewhere]: { content: withCA } } },
    kubelet: "reads the file at this path",
    verdicts: { "client-ca-file": "passed" },
    wrong: "kube-bench fails it: it reads another file",
  },
  {
    state: "the config file has no extension, as on Bottlerocket",
    node: {
      flags: ["--config", "/etc/kubernetes/kubelet/config"],
      files: { "/etc/kubernetes/kubelet/config": { content: withCA } },
    },
    kubelet: "detects YAML or JSON from the content",
    verdicts: { "client-ca-file": "passed" },
    wrong: "Elastic does not read the file",
  },
  {
    state: "another flag that ends in config= stands before --config",
    kubeBench: "not recorded",
    node: {
      flags: ["--image-credential-provider-config=/etc/eks/image-credential-provider/config.json"],
      file: withCA,
    },
    kubelet: "distinguishes the two flags, which nodeadm writes in random order",
    verdicts: { "client-ca-file": "passed" },
    wrong: "Elastic fails a correct node: it uses the first match of config=",
  },
  {
    state: "the client CA flag is given as two arguments, and its path contains an equals sign",
    kubeBench: "not recorded",
    node: { flags: ["--client-ca-file", "/etc/a=b.crt"], files: { "/etc/a=b.crt": { certificates: [clusterCA] } } },
    kubelet: "uses the whole second argument as the path",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "passed" },
    wrong: "Trivy cuts the path; checkov fails a flag of two arguments",
  },
  {
    state: "the client CA file was removed after the kubelet started",
    kubeBench: "arguable",
    node: { file: withCA, files: { [caFile]: { kind: "missing", certificates: [] } } },
    kubelet: "keeps running with the old CA, but would not start again",
    verdicts: { "client-ca-file": "notAvailable", "config-drift": "failed", "node-auditable": "failed" },
    wrong: "kube-bench, Trivy and Datadog pass it",
  },
  {
    state: "the client CA file contains another CA",
    node: { file: withCA, files: { [caFile]: { certificates: [otherCA] } } },
    kubelet: "accepts the clients of the other CA",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "failed" },
    wrong: "all tools, because none compares the CA with the cluster's",
  },
  {
    state: "the client CA file contains another CA besides the cluster's",
    node: { file: withCA, files: { [caFile]: { certificates: [clusterCA, otherCA] } } },
    kubelet: "accepts the clients of both CAs",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "failed" },
    wrong: "all tools, because none compares the CA with the cluster's",
  },
  {
    state: "the client CA file, which contains no secret, is readable by all users",
    node: { file: withCA, files: { [caFile]: { mode: 0o644 } } },
    kubelet: "accepts it; nodeadm writes it with this mode",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "passed" },
    wrong: "Mondoo fails a stock AL2023 node: it requires 0600",
  },
  {
    state: "the config file sets the client CA to a relative path",
    node: { file: ca("ca.crt"), files: { "/etc/kubernetes/kubelet/ca.crt": { certificates: [clusterCA] } } },
    kubelet: "resolves it from the folder of the config file",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "passed" },
    wrong: "Datadog resolves it from the root directory of the node",
  },
  {
    state: "a flag sets the client CA to a relative path",
    node: { flags: ["--client-ca-file=ca.crt"], files: { "/ca.crt": { certificates: [clusterCA] } } },
    kubelet: "resolves it from its working directory",
    verdicts: { "client-ca-file": "passed", "client-ca-trust": "passed" },
    wrong: "tools that compare with a fixed path, such as MITRE's profile",
  },
  {
    state: "the config file on disk is malformed",
    kubeBench: "wrong",
    node: { file: '{"kind": "KubeletConfiguration"' },
    kubelet: "must have started with another file, so its configuration is unknown",
    verdicts: { "client-ca-file": "notAvailable", "config-drift": "failed", "node-auditable": "failed" },
    wrong: "kube-bench and kubescape fail the setting, Bottlerocket's report passes some",
  },
  {
    state: "the config file contains the key clientcafile in lower case",
    node: { file: { authentication: { x509: { clientcafile: caFile } } } },
    kubelet: "ignores the key",
    verdicts: { "client-ca-file": "failed" },
    wrong: "parsers that ignore the letter case",
  },
  {
    state: "a drop-in contains the key clientcafile in lower case",
    node: { file: {}, dropIns: { "90-site.conf": { authentication: { x509: { clientcafile: caFile } } } } },
    kubelet: "uses the value: after the merge, letter case is ignored",
    verdicts: { "client-ca-file": "passed" },
    wrong: "parsers that accept only the exact letter case",
  },
  {
    state: "a YAML file contains a second authentication block",
    node: {
      file: `${yaml}authentication:\n  x509:\n    clientCAFile: ${caFile}\nauthentication:\n  anonymous:\n    enabled: false\n`,
    },
    kubelet: "replaces the first block with the last",
    verdicts: { "client-ca-file": "failed" },
    wrong: "parsers that use the first block or reject the file",
  },
  {
    state: "a JSON file contains a second authentication block",
    node: {
      file: `{"kind":"KubeletConfiguration","apiVersion":"kubelet.config.k8s.io/v1beta1","authentication":{"x509":{"clientCAFile":"${caFile}"}},"authentication":{"anonymous":{"enabled":false}}}`,
    },
    kubelet: "merges the two blocks",
    verdicts: { "client-ca-file": "passed" },
    wrong: "parsers that use the last block, as most do",
  },
  {
    state: "the client CA is in a second YAML document",
    node: { file: `${yaml}---\n${yaml}authentication: {x509: {clientCAFile: ${caFile}}}\n` },
    kubelet: "reads only the first document",
    verdicts: { "client-ca-file": "failed" },
    wrong: "parsers that merge documents",
  },
  {
    state: "a drop-in is in the usual directory, but --config-dir is not given",
    node: {
      file: {},
      files: { [dropInDirectory]: { kind: "directory" }, [`${dropInDirectory}/90-site.conf`]: { content: withCA } },
    },
    kubelet: "does not read the drop-in",
    verdicts: { "client-ca-file": "failed" },
    wrong: "tools that always read the usual directory",
  },
  {
    state: "a drop-in is named .json",
    node: { file: {}, dropIns: { "90-site.json": withCA } },
    kubelet: "reads only *.conf",
    verdicts: { "client-ca-file": "failed" },
    wrong: "tools that read every file",
  },
  {
    state: "a drop-in is in a hidden directory below --config-dir",
    node: {
      file: {},
      dropIns: {},
      files: {
        [`${dropInDirectory}/.hidden`]: { kind: "directory" },
        [`${dropInDirectory}/.hidden/90-site.conf`]: { content: withCA },
      },
    },
    kubelet: "reads the drop-in, because it searches recursively",
    verdicts: { "client-ca-file": "passed" },
    wrong: "tools that read only the top level",
  },
];

const otherRules: Pitfall[] = [
  {
    state: "a drop-in allows anonymous requests, every request and the read-only port",
    node: { file: {}, dropIns: { "90-site.conf": wideOpen } },
    kubelet: "uses the values of the drop-in",
    verdicts: { "anonymous-auth": "failed", "authorization-mode": "failed", "read-only-port": "failed" },
    wrong: "kube-bench and all other tools that do not read drop-ins",
  },
  {
    state: "the config file does not set the read-only port, as on Windows",
    node: { file: withCA },
    kubelet: "closes the port: with a config file, the default is 0",
    verdicts: { "anonymous-auth": "passed", "authorization-mode": "passed", "read-only-port": "passed" },
    wrong: "kube-bench fails it; Datadog assumes 10255, anonymous requests and AlwaysAllow",
  },
  {
    state: "there is no config file, and nothing is set",
    node: {},
    kubelet: "uses its old defaults: anonymous requests, AlwaysAllow, port 10255",
    verdicts: { "anonymous-auth": "failed", "authorization-mode": "failed", "read-only-port": "failed" },
    wrong: "tools that assume a single set of defaults",
  },
  {
    state: "--config= is empty",
    node: { flags: ["--config="] },
    kubelet: "starts without a config file and uses its old defaults",
    verdicts: { "anonymous-auth": "failed", "authorization-mode": "failed", "read-only-port": "failed" },
    wrong: "tools that check only for the presence of the flag",
  },
  {
    state: "a flag turns anonymous requests off with the value f",
    node: { flags: ["--anonymous-auth=f"] },
    kubelet: "accepts f, 0, F, FALSE and False as false",
    verdicts: { "anonymous-auth": "passed" },
    wrong: "kube-bench fails it",
  },
  {
    state: "one flag turns anonymous requests off, and a later one on",
    node: { file: {}, flags: ["--anonymous-auth=false", "--anonymous-auth=true"] },
    kubelet: "uses the last one",
    verdicts: { "anonymous-auth": "failed" },
    wrong: "kube-bench passes it",
  },
  {
    state: "the read-only port is 0x0",
    node: { flags: ["--read-only-port=0x0"] },
    kubelet: "parses numbers as Go does, so the port is 0",
    verdicts: { "read-only-port": "passed" },
    wrong: "kube-bench fails it",
  },
  {
    state: "a flag sets the streaming timeout to 0s",
    node: { file: {}, flags: ["--streaming-connection-idle-timeout=0s"] },
    kubelet: "uses zero, which means no timeout",
    verdicts: { "streaming-idle-timeout": "failed" },
    wrong: "kube-bench passes it",
  },
  {
    state: "a drop-in sets the streaming timeout to 0s, Kubernetes 1.29 to 1.31",
    node: { version: "1.31", file: {}, dropIns: { "90-site.conf": { streamingConnectionIdleTimeout: "0s" } } },
    kubelet: "uses zero, which means no timeout",
    verdicts: { "streaming-idle-timeout": "failed" },
    wrong: "all tools that do not read drop-ins",
  },
  {
    state: "the config file sets the streaming timeout to 0s",
    node: { file: { streamingConnectionIdleTimeout: "0s" } },
    kubelet: "treats zero as unset and uses 4 hours",
    verdicts: { "streaming-idle-timeout": "passed" },
    wrong: "kube-bench and kubescape pass it for a wrong reason; tools that follow the benchmark literally fail it",
  },
  {
    state: "a flag sets the streaming timeout to 0h30m",
    node: { file: {}, flags: ["--streaming-connection-idle-timeout=0h30m"] },
    kubelet: "uses half an hour",
    verdicts: { "streaming-idle-timeout": "passed" },
    wrong: "kubescape fails it: the value begins with a zero",
  },
  {
    state: "eventRecordQPS is 0",
    node: { file: { eventRecordQPS: 0 } },
    kubelet: "sends at most 5 events per second, the default of the client library, instead of all events",
    verdicts: { "event-qps": "passed" },
    wrong: "kubescape fails it, though the benchmark allows it",
  },
  {
    state: "nothing sets the feature gate RotateKubeletServerCertificate",
    node: { file: {} },
    kubelet: "has the feature gate on by default",
    verdicts: { "rotate-server-certificate": "passed" },
    wrong: "kube-bench fails it",
  },
  {
    state: "the feature gate AllBeta is off",
    node: { file: { featureGates: { AllBeta: false } } },
    kubelet: "turns RotateKubeletServerCertificate off, because it is a beta feature",
    verdicts: { "rotate-server-certificate": "failed" },
    wrong: "tools that search only for the name of the feature gate",
  },
  {
    state: "nothing sets rotateCertificates",
    node: { file: {} },
    kubelet: "does not rotate client certificates, which is harmless for nodes that authenticate with IAM",
    verdicts: { "rotate-client-certificates": "passed" },
    wrong:
      "tools that judge the effective default fail every stock node; kubescape judges tlsCertFile under this number",
  },
  {
    state: "all users can write the drop-ins",
    node: {
      file: {},
      dropIns: { "40-nodeadm.conf": {} },
      files: { [dropInDirectory]: { mode: 0o777 }, [`${dropInDirectory}/40-nodeadm.conf`]: { mode: 0o666 } },
    },
    kubelet: "will use them when it restarts",
    verdicts: { "kubelet-config-mode": "failed" },
    wrong: "kube-bench passes it",
  },
  {
    state: "the config file was changed after the kubelet started",
    node: { file: withCA, files: { [config]: { modifiedAt: startedAt + 3600 } } },
    kubelet: "still uses the old values",
    verdicts: { "config-drift": "failed" },
    wrong: "all tools, because none compares the two times",
  },
];

test.each([...clientCA, ...otherRules])("$state: the kubelet $kubelet (wrong: $wrong)", ({ node, verdicts }) => {
  const all = verdictsOn(node);
  const got = Object.fromEntries(Object.keys(verdicts).map((rule) => [rule, all[rule]?.status]));
  expect(got).toEqual(verdicts);
});

const words = { passed: "pass", failed: "fail", notAvailable: "not available" };

test("the README shows the answers of kube-bench and of this auditor in 18 hard states of client-ca-file", async () => {
  const hard = clientCA.filter(({ kubeBench }) => kubeBench !== undefined);
  const answers = hard.map(({ node }) => verdictsOn(node)["client-ca-file"]?.status ?? "notAvailable");
  const isWrong = answers.filter((answer, at) => answer !== hard[at]?.verdicts["client-ca-file"]).length;
  const wrong = (of: Pitfall["kubeBench"]) => hard.filter(({ kubeBench }) => kubeBench === of).length;
  const rows = hard.map(({ state, verdicts, kubeBench, wrong }, at) => {
    const cells = [state, words[verdicts["client-ca-file"] ?? "notAvailable"], words[answers[at] ?? "notAvailable"]];
    return `| ${[...cells, kubeBench, wrong].join(" | ")} |`;
  });
  const table = [
    `Of ${hard.length} hard states, kube-bench is wrong in ${wrong("wrong")} and this auditor in ${isWrong}.`,
    "",
    "| state of the node | correct answer | this auditor | kube-bench | which tools are wrong |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
  const readme = new URL("../README.md", import.meta.url);
  const expected = withPart(readme, `${table}\n`, "npx vitest run test/pitfalls.test.ts -u");
  await expect(expected).toMatchFileSnapshot("../README.md");
});

test("new Kubernetes versions are judged by the newest benchmark (wrong: kube-bench falls back to eks-1.5.0)", () => {
  expect([benchmarkFor("1.35"), benchmarkFor("1.36")]).toEqual(["1.8.0", "1.8.0"]);
});
