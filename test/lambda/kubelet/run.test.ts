import { describe, expect, test } from "vitest";
import type { FileEvidence } from "../../../lambda/evidence/files.ts";
import { config, type NodeState, resolved, started, withFile } from "./node.ts";

const withKubeconfig = [...withFile, "--kubeconfig=/kc"];
const file = { kind: "file" } as const;

interface Row {
  args?: readonly string[];
  /** Fields of the config file. */
  fields?: object;
  kubeconfig?: Partial<FileEvidence>;
  version?: string;
  osId?: string;
}

/** Why the kubelet exits with the configuration; undefined if it starts. The configuration is known in both cases. */
function exits({ args = withKubeconfig, fields = {}, kubeconfig = file, ...more }: Row): string | undefined {
  const files: NodeState["files"] = { "/etc/config.json": config(fields), "/kc": kubeconfig };
  return started({ args, files, ...more }).exits;
}

const webhookOff = { webhook: { enabled: false } };
const standalone = { authentication: webhookOff, authorization: { mode: "AlwaysAllow" } };
const pair = "--node-ip=10.0.0.1,fd00::1";
const flags = (...more: string[]) => ({ args: [...withKubeconfig, ...more] });

describe("a kubelet exits after it has read its configuration:", () => {
  test.each<[title: string, row: Row, why: string]>([
    ["the kubeconfig does not exist", { kubeconfig: { kind: "missing" } }, "--kubeconfig: /kc does not exist"],
    [
      "an empty --bootstrap-kubeconfig",
      { ...flags("--bootstrap-kubeconfig="), kubeconfig: { kind: "missing" } },
      "/kc",
    ],
    ["the kubeconfig is a directory", { kubeconfig: { kind: "directory" } }, "/kc is a directory"],
    ["the kubeconfig is a socket", { kubeconfig: { kind: "socket" } }, "/kc is a socket"],
    ["the path of the kubeconfig ends in a slash", { args: [...withFile, "--kubeconfig=/kc/"] }, "not a directory"],
    [
      "the last --kubeconfig counts",
      { args: ["--kubeconfig=/x", "--kubeconfig=/kc"], kubeconfig: { kind: "missing" } },
      "/kc",
    ],
    ["a config file without --kubeconfig", { args: withFile }, "authentication.webhook.enabled: no client"],
    ["an empty --kubeconfig", { args: [...withKubeconfig, "--kubeconfig="] }, "authentication.webhook.enabled"],
    ["only --bootstrap-kubeconfig", { args: [...withFile, "--bootstrap-kubeconfig=/kc"] }, "no client"],
    [
      "only webhook authorization",
      { args: withFile, fields: { authentication: webhookOff } },
      "authorization.mode: no client",
    ],
    ["--authentication-token-webhook alone", { args: ["--authentication-token-webhook"] }, "no client"],
    ["--authorization-mode=Webhook alone", { args: ["--authorization-mode=Webhook"] }, "authorization.mode"],
    [
      "--exit-on-lock-contention",
      flags("--exit-on-lock-contention"),
      "--exit-on-lock-contention: it needs --lock-file",
    ],
    ["an empty --lock-file", flags("--exit-on-lock-contention", "--lock-file="), "--lock-file"],
    ["a blank --hostname-override", flags("--hostname-override= \u0085"), "--hostname-override: the name is blank"],
    ["two IPv4 addresses", flags("--node-ip=10.0.0.1,10.0.0.2"), "--node-ip: it must contain either one"],
    ["an IPv4 address in the notation of IPv6", flags("--node-ip=10.0.0.1,::ffff:10.0.0.2"), "--node-ip"],
    ["three addresses", flags("--node-ip=10.0.0.1, fd00::1 ,10.0.0.2"), "--node-ip"],
    ["a pair with 0.0.0.0", flags("--node-ip=0.0.0.0,fd00::1"), "cannot contain 0.0.0.0 or ::"],
    ["a pair with ::", flags("--node-ip=10.0.0.1,0::0"), "cannot contain 0.0.0.0 or ::"],
    [
      "a pair with an external cloud provider, 1.29 without its gate",
      { ...flags(pair, "--cloud-provider=external", "--feature-gates=CloudDualStackNodeIPs=false"), version: "1.29" },
      "--cloud-provider=external",
    ],
    [
      "a pair with an external cloud provider, 1.28",
      { ...flags(pair, "--cloud-provider=external"), version: "1.28" },
      "--cloud-provider=external",
    ],
    [
      "a pair with a former cloud provider, 1.28",
      { ...flags(pair, "--cloud-provider=aws"), version: "1.28" },
      "--cloud-provider=aws",
    ],
    [
      "a runtime at a TCP port",
      { fields: { containerRuntimeEndpoint: "tcp://127.0.0.1:2375" } },
      "containerRuntimeEndpoint",
    ],
    [
      "a runtime at a named pipe on Linux",
      { fields: { containerRuntimeEndpoint: "npipe:////./pipe/containerd" } },
      "containerRuntimeEndpoint",
    ],
    ["an image service at a URL", { fields: { imageServiceEndpoint: "http://127.0.0.1/" } }, "imageServiceEndpoint"],
    ["an empty --root-dir", flags("--root-dir="), "--root-dir: it is empty"],
    ["--sync-frequency=0", flags("--sync-frequency=0"), "syncFrequency: it is not above 0"],
    ["a negative syncFrequency", { fields: { syncFrequency: "-1s" } }, "syncFrequency"],
    ["a negative --minimum-container-ttl-duration", flags("--minimum-container-ttl-duration=-1ns"), "it is negative"],
    ["one port twice", { fields: { readOnlyPort: 10_250 } }, "readOnlyPort: 10250 is also the port"],
  ])("%s", (_, row, why) => expect(exits(row)).toContain(why));
});

describe("a kubelet starts with", () => {
  test.each<[title: string, row: Row]>([
    ["a kubeconfig", {}],
    [
      "--bootstrap-kubeconfig and no kubeconfig yet",
      { ...flags("--bootstrap-kubeconfig=/b"), kubeconfig: { kind: "missing" } },
    ],
    [
      "a kubeconfig that the collector could not look at",
      { kubeconfig: { kind: "missing", problem: "a link cannot be read" } },
    ],
    ["a kubeconfig without a record in the evidence", { args: [...withFile, "--kubeconfig=/elsewhere"] }],
    ["a device or pipe as kubeconfig, which it can read", { kubeconfig: { kind: "fifo" } }],
    ["no kubeconfig, no webhook and AlwaysAllow", { args: withFile, fields: standalone }],
    ["no flags at all", { args: [] }],
    [
      "neither anonymous requests, webhook nor client CA",
      { fields: { authentication: { ...webhookOff, anonymous: { enabled: false } } } },
    ],
    ["a lock file", flags("--exit-on-lock-contention", "--lock-file=/l")],
    ["--exit-on-lock-contention=false", flags("--exit-on-lock-contention=false")],
    ["an empty --hostname-override", flags("--hostname-override=")],
    ["U+FEFF as --hostname-override, which Go does not count as blank", flags("--hostname-override=\uFEFF")],
    ["a --node-ip that is not an address", flags("--node-ip=node-1")],
    ["an address and texts that are not addresses", flags("--node-ip=10.0.0.1,x,,y")],
    ["0.0.0.0 alone", flags("--node-ip=0.0.0.0")],
    [":: alone", flags("--node-ip=::")],
    ["an IPv4 and an IPv6 address", flags(pair)],
    ["a pair with an external cloud provider, 1.29", { ...flags(pair, "--cloud-provider=external"), version: "1.29" }],
    ["a pair with an external cloud provider, 1.37", { ...flags(pair, "--cloud-provider=external"), version: "1.37" }],
    [
      "a pair with the gate, 1.28",
      { ...flags(pair, "--cloud-provider=external", "--feature-gates=CloudDualStackNodeIPs=true"), version: "1.28" },
    ],
    ["a runtime at a path", { fields: { containerRuntimeEndpoint: "/run/containerd/containerd.sock" } }],
    ["a runtime at a unix socket", { fields: { containerRuntimeEndpoint: "UNIX:///run/containerd/containerd.sock" } }],
    ["--root-dir=/x", flags("--root-dir=/x")],
    ["--sync-frequency=1ns", flags("--sync-frequency=1ns")],
    ["a syncFrequency of 0 in a file, which is the default", { fields: { syncFrequency: "0s" } }],
    ["--minimum-container-ttl-duration=0", flags("--minimum-container-ttl-duration=0")],
    ["another read-only port", { fields: { readOnlyPort: 10_251 } }],
    ["one port twice, if it serves only one", { fields: { readOnlyPort: 10_250, enableServer: false } }],
    ["negative times of the webhook's caches", { fields: { authentication: { webhook: { cacheTTL: "-1s" } } } }],
  ])("%s", (_, row) => {
    for (const version of row.version ? [row.version] : ["1.27", "1.37"])
      expect(exits({ ...row, version })).toBeUndefined();
  });
});

test("an unknown version makes no difference if the kubelet exits in every version", () => {
  expect(exits({ args: withFile, version: "" })).toContain("no client");
});

test("an unknown version is a reason of its own if the kubelet exits only in some versions", () => {
  const node = { ...flags(pair, "--cloud-provider=external"), files: { "/etc/config.json": config() }, version: "" };
  expect(resolved(node)).toMatchObject({
    unreadable: { because: expect.stringContaining("whether the kubelet starts") },
  });
});
