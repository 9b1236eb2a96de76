import { describe, expect, test } from "vitest";
import type { SettingName } from "../../../lambda/kubelet/effective.ts";
import { config, header, type NodeState, resolved, started, withDropIns, withFile } from "./node.ts";

const directory = { kind: "directory" } as const;
const base = (fields: object, dropIns: Readonly<Record<string, object>> = {}): NonNullable<NodeState["files"]> => ({
  "/etc/config.json": config(fields),
  "/etc/d": directory,
  ...Object.fromEntries(Object.entries(dropIns).map(([name, inner]) => [`/etc/d/${name}`, config(inner)])),
});

/** The origin of a setting and the declarations that it overrides, each as "where: value". */
function story(setting: SettingName, node: NodeState): string[] {
  const { from, overrode } = started(node).settings[setting];
  return [from, ...overrode].map(({ where, value }) => `${where}: ${JSON.stringify(value)}`);
}

describe("every value has its origin and the declarations that it overrides, latest first:", () => {
  const all = {
    args: [...withDropIns, "--event-qps=3", "--event-qps", "4"],
    files: base({ eventRecordQPS: 1 }, { "a.conf": { eventRecordQPS: 2 } }),
  };
  test("a flag over a flag over a drop-in over the file", () => {
    expect(story("eventRecordQPS", all)).toEqual([
      "--event-qps 4: 4",
      "--event-qps=3: 3",
      "/etc/d/a.conf: 2",
      "/etc/config.json: 1",
    ]);
  });

  test.each<[string, SettingName, NodeState, string[]]>([
    [
      "a default with a config file",
      "readOnlyPort",
      { args: withFile, files: base({}) },
      ["the kubelet's default with a config file: 0"],
    ],
    ["a default without a config file", "readOnlyPort", {}, ["the kubelet's default without a config file: 10255"]],
    [
      "a default that a zero duration does not change",
      "streamingConnectionIdleTimeout",
      { args: withFile, files: base({ streamingConnectionIdleTimeout: "0s" }) },
      [
        'the kubelet\'s default with a config file ("0s" in /etc/config.json counts as not set): "4h0m0s"',
        '/etc/config.json: "0s"',
      ],
    ],
    [
      "a default that null restores",
      "authentication.anonymous.enabled",
      {
        args: withDropIns,
        files: base({ authentication: { anonymous: { enabled: true } } }, { "z.conf": { authentication: null } }),
      },
      [
        "the kubelet's default for what its drop-ins leave unset (null in /etc/d/z.conf counts as not set): false",
        "/etc/d/z.conf: null",
        "/etc/config.json: true",
      ],
    ],
    [
      "a false in the file beside a drop-in that sets another field",
      "rotateCertificates",
      { args: withDropIns, files: base({ rotateCertificates: false }, { "z.conf": { maxPods: 9 } }) },
      ["/etc/config.json: false"],
    ],
    [
      "a list flag with all its uses",
      "tlsCipherSuites",
      { args: ["--tls-cipher-suites=TLS_AES_128_GCM_SHA256", "--tls-cipher-suites", "TLS_AES_256_GCM_SHA384"] },
      [
        '--tls-cipher-suites=TLS_AES_128_GCM_SHA256 --tls-cipher-suites TLS_AES_256_GCM_SHA384: ["TLS_AES_128_GCM_SHA256","TLS_AES_256_GCM_SHA384"]',
      ],
    ],
    [
      "a gate set by name in a flag and in the file",
      "featureEnabled.RotateKubeletServerCertificate",
      {
        args: [...withFile, "--feature-gates=RotateKubeletServerCertificate=true"],
        files: base({ featureGates: { RotateKubeletServerCertificate: false } }),
      },
      ["--feature-gates=RotateKubeletServerCertificate=true: true", "/etc/config.json: false"],
    ],
    [
      "a gate set by AllBeta",
      "featureEnabled.RotateKubeletServerCertificate",
      { args: withFile, files: base({ featureGates: { AllBeta: false } }) },
      ["/etc/config.json: false"],
    ],
    [
      "a gate that nothing sets",
      "featureEnabled.RotateKubeletServerCertificate",
      {},
      ["the feature gate's default: true"],
    ],
    [
      "1.28: a field that an empty drop-in resets to its default",
      "streamingConnectionIdleTimeout",
      { version: "1.28", args: withDropIns, files: base({ streamingConnectionIdleTimeout: "5m" }, { "a.conf": {} }) },
      ['the default that Kubernetes 1.28 fills into /etc/d/a.conf: "4h0m0s"', '/etc/config.json: "5m"'],
    ],
    [
      "1.28: a false in a drop-in, which does not override true",
      "authentication.anonymous.enabled",
      {
        version: "1.28",
        args: withDropIns,
        files: base(
          { authentication: { anonymous: { enabled: true } } },
          { "a.conf": { authentication: { anonymous: { enabled: false } } } },
        ),
      },
      ["/etc/config.json: true"],
    ],
  ])("%s", (_, setting, node, expected) => expect(story(setting, node)).toEqual(expected));
});

test("1.28: a gate that a drop-in switches off is off, because maps are copied key by key", () => {
  const files = base(
    { featureGates: { RotateKubeletServerCertificate: true } },
    { "a.conf": { featureGates: { RotateKubeletServerCertificate: false } } },
  );
  const setting = started({ version: "1.28", args: withDropIns, files }).settings[
    "featureEnabled.RotateKubeletServerCertificate"
  ];
  expect(setting).toMatchObject({ value: false, from: { where: "/etc/d/a.conf" } });
});

const ca = { certificates: [{ sha256: "00" }] };

describe("paths are returned as the absolute paths that the kubelet opens:", () => {
  test.each<[string, NodeState, object]>([
    [
      "all absolute paths of flags",
      { args: [...withDropIns, "--kubeconfig=/k"], files: base({}, { "b.conf": {}, "a/x.conf": {}, "a.conf": {} }) },
      {
        config: "/etc/config.json",
        configDir: "/etc/d",
        kubeconfig: "/k",
        dropIns: ["/etc/d/a.conf", "/etc/d/b.conf"],
        dropInDirectories: ["/etc/d"],
      },
    ],
    [
      "relative paths of flags, from the working directory",
      {
        args: ["--config=config.json", "--kubeconfig=../k", "--client-ca-file=ca"],
        cwd: "/etc",
        files: { ...base({}), "/etc/ca": ca },
      },
      { config: "/etc/config.json", kubeconfig: "/etc/../k", clientCA: "/etc/ca", dropIns: [], dropInDirectories: [] },
    ],
    [
      "a relative path in the file, from the file's directory",
      {
        args: withFile,
        files: { ...base({ authentication: { x509: { clientCAFile: "./pki/../ca" } } }), "/etc/ca": ca },
      },
      { config: "/etc/config.json", clientCA: "/etc/ca", dropIns: [], dropInDirectories: [] },
    ],
    [
      "paths that end in a slash",
      {
        args: ["--config=/etc/config.json/"],
        files: { ...base({ authentication: { x509: { clientCAFile: "ca/" } } }), "/etc/ca": ca },
      },
      { config: "/etc/config.json", clientCA: "/etc/ca", dropIns: [], dropInDirectories: [] },
    ],
    [
      "a relative path in a drop-in, from the working directory",
      {
        args: withDropIns,
        cwd: "/run",
        files: { ...base({}, { "a.conf": { authentication: { x509: { clientCAFile: "ca" } } } }), "/run/ca": ca },
      },
      {
        config: "/etc/config.json",
        configDir: "/etc/d",
        clientCA: "/run/ca",
        dropIns: ["/etc/d/a.conf"],
        dropInDirectories: ["/etc/d"],
      },
    ],
  ])("%s", (_, node, expected) => expect(started(node).paths).toEqual(expected));
});

describe("resolve() returns why a kubelet does not start:", () => {
  const file = (content: string) => ({ args: withFile, files: { "/etc/config.json": content } });
  test.each<[string, NodeState, RegExp]>([
    ["--version", { args: ["--version"] }, /--version/],
    ["--help=1", { args: ["--help=1"] }, /--help/],
    ["a missing file", { args: withFile, files: { "/etc/config.json": { kind: "missing" } } }, /no such file/],
    ["a directory in place of the file", { args: withFile, files: { "/etc/config.json": directory } }, /directory/],
    ["a file without a kind", file("{}"), /Kind/],
    ["a wrong type in a field that no rule reads", file(config({ evictionHard: { a: 1 } })), /evictionHard.a/],
    ["a wrong type in a list", file(config({ clusterDNS: [1] })), /clusterDNS/],
    ["a number that is not an int32", file(config({ maxPods: 2147483648 })), /maxPods/],
    ["an unknown gate", file(config({ featureGates: { NoSuchGate: false } })), /NoSuchGate/],
    ["a gate named like a prototype's property", file(config({ featureGates: { constructor: true } })), /constructor/],
    ["a port out of range", file(config({ readOnlyPort: 65536 })), /readOnlyPort/],
    ["a threshold out of order", file(config({ imageGCLowThresholdPercent: 90 })), /imageGC/],
    ["an unknown hairpin mode", { args: ["--hairpin-mode=x"] }, /hairpinMode/],
    ["a malformed value of a flag that no rule reads", { args: ["--max-pods=many"] }, /max-pods/],
    ["a malformed address", { args: ["--address=localhost"] }, /address/],
    ["a pair without =", { args: ["--system-reserved=a"] }, /system-reserved/],
    ["a threshold with =", { args: ["--eviction-hard=memory.available=1Gi"] }, /eviction-hard/],
    [
      "a label that a node must not give itself",
      { args: ["--node-labels=a=b,node-role.kubernetes.io/x="] },
      /label of Kubernetes/,
    ],
    ["a label in the domain k8s.io", { args: ["--node-labels", "k8s.io/a=b"] }, /k8s.io\/a is a label of Kubernetes/],
    ["a label without a name", { args: ["--node-labels=x/=b"] }, /"x\/" is not a valid label name/],
    ["a label with two slashes", { args: ["--node-labels=x/y/z=b"] }, /is not a valid label name/],
    ["a label whose domain has capitals", { args: ["--node-labels=X.com/y=b"] }, /is not a valid label name/],
    [
      "a label's value that looks like a flag",
      { args: ["--node-labels=a=--client-ca-file=/x"] },
      /is not a valid label value/,
    ],
    ["a label's value of 64 characters", { args: [`--node-labels=a=${"b".repeat(64)}`] }, /is not a valid label value/],
    ["misplaced quotes in a list", { args: ['--tls-cipher-suites=a"b'] }, /tls-cipher-suites/],
    ["an unknown cipher suite", { args: ["--tls-cipher-suites=TLS_NO"] }, /TLS_NO/],
    [
      "1.29 with --config-dir but without the environment variable",
      { args: withDropIns, version: "1.29", files: base({}), dropInEnvironment: false },
      /DROPIN_DIR_ALPHA/,
    ],
    [
      "a missing --config-dir",
      { args: withDropIns, files: { ...base({}), "/etc/d": { kind: "missing" } } },
      /does not exist/,
    ],
    [
      "a file as --config-dir, with a slash after it",
      { args: [...withFile, "--config-dir=/etc/a.conf/"], files: { ...base({}), "/etc/a.conf": config() } },
      /not a directory/,
    ],
    ["a slash after a client CA file", { args: ["--client-ca-file=/ca/"], files: { "/ca": ca } }, /not a directory/],
    [
      "a slash and a dot after the client CA in the file",
      { args: withFile, files: { ...base({ authentication: { x509: { clientCAFile: "/ca/." } } }), "/ca": ca } },
      /not a directory/,
    ],
    [
      "a link as drop-in whose target is missing",
      { args: withDropIns, files: { ...base({}), "/etc/d/a.conf": { kind: "missing", link: "x" } } },
      /a.conf/,
    ],
    [
      "a link to a directory, named like a drop-in",
      { args: withDropIns, files: { ...base({}), "/etc/d/a.conf": { ...directory, link: "x" } } },
      /a.conf/,
    ],
    [
      "a drop-in that turns AllBeta off after a beta default was filled in",
      { args: withDropIns, version: "1.35", files: base({}, { "a.conf": { featureGates: { AllBeta: false } } }) },
      /KubeletEnsureSecretPulledImages/,
    ],
    [
      "a client CA without certificates",
      { args: ["--client-ca-file=/ca"], files: { "/ca": { certificates: [] } } },
      /no certificate/,
    ],
    [
      "a client CA with a malformed certificate",
      { args: ["--client-ca-file=/ca"], files: { "/ca": { certificates: [{ sha256: "0" }, { malformed: "" }] } } },
      /malformed/,
    ],
    [
      "a client CA that is a device",
      { args: ["--client-ca-file=/dev/null"], files: { "/dev/null": { kind: "device" } } },
      /device/,
    ],
  ])("%s", (_, node, reason) => expect(resolved(node)).toEqual({ refuses: expect.stringMatching(reason) }));

  test.each<[string, NodeState]>([
    [
      "a main file that turns AllBeta off before beta defaults are filled in",
      { args: withFile, version: "1.35", files: base({ featureGates: { AllBeta: false } }) },
    ],
    [
      "a wrong type in a field newer than the kubelet",
      { args: withFile, version: "1.31", files: base({ crashLoopBackOff: { maxContainerRestartPeriod: 5 } }) },
    ],
    ["unknown fields", { args: withFile, files: base({ noSuchField: [], __proto__x: 1 }) }],
    ["a client CA that was not collected", { args: ["--client-ca-file=/somewhere"] }],
    ["a quoted list", { args: ['--tls-cipher-suites="TLS_AES_128_GCM_SHA256","TLS_AES_256_GCM_SHA384"'] }],
    [
      "a drop-in on Bottlerocket's 1.28, which merges like 1.29",
      {
        osId: "bottlerocket",
        version: "1.28",
        args: withDropIns,
        files: base({}, { "a.conf": { Authentication: {} } }),
      },
    ],
    ["a label without a value", { args: ["--node-labels=a,b=c,"] }],
    ["thresholds", { args: ["--eviction-hard=memory.available<100Mi,nodefs.available<10%"] }],
    ["--version=false", { args: ["--version=false"] }],
    ["an address with leading zeros", { args: ["--address=010.0.0.1"] }],
  ])("a kubelet starts with %s", (_, node) => expect(resolved(node)).toHaveProperty("kubelet"));
});

describe("a node with incomplete evidence is unreadable if", () => {
  test.each<[string, NodeState, string, RegExp]>([
    ["the file was not collected", { args: withFile }, "EVIDENCE_INCOMPLETE", /\/etc\/config.json/],
    [
      "the file was too large",
      { args: withFile, files: { "/etc/config.json": { problem: "too large" } } },
      "EVIDENCE_INCOMPLETE",
      /too large/,
    ],
    [
      "the collector could not read a directory above the file",
      { args: withFile, files: { "/etc/config.json": { kind: "missing", problem: "closed" } } },
      "EVIDENCE_INCOMPLETE",
      /closed/,
    ],
    [
      "the file is a pipe",
      { args: withFile, files: { "/etc/config.json": { kind: "fifo" } } },
      "EVIDENCE_INCOMPLETE",
      /fifo/,
    ],
    [
      "the drop-in directory was not listed completely",
      { args: withDropIns, files: { ...base({}), "/etc/d": { ...directory, problem: "too many" } } },
      "EVIDENCE_INCOMPLETE",
      /too many/,
    ],
    [
      "the drop-in directory was not collected",
      { args: withDropIns, files: { "/etc/config.json": config() } },
      "EVIDENCE_INCOMPLETE",
      /\/etc\/d/,
    ],
    [
      "the working directory is unknown",
      { args: ["--config=config.json"] },
      "EVIDENCE_INCOMPLETE",
      /working directory/,
    ],
    ["the version is not one of 1.x", { version: "2.1" }, "UNSUPPORTED_KUBERNETES_VERSION", /v2\.1/],
    [
      "a newer kubelet has an unknown flag",
      { version: "1.38", args: ["--later=1"] },
      "UNSUPPORTED_KUBERNETES_VERSION",
      /1\.38 uses the flag --later, which is not one of 1\.37/,
    ],
    [
      "a newer kubelet has an unknown gate",
      { version: "1.38", args: ["--feature-gates=Later=true"] },
      "UNSUPPORTED_KUBERNETES_VERSION",
      /feature gate Later/,
    ],
    [
      "a newer kubelet has an unknown field",
      { version: "1.38", args: withFile, files: base({ logging: { later: 1 } }) },
      "UNSUPPORTED_KUBERNETES_VERSION",
      /field logging\.later/,
    ],
    [
      "1.37 has an unknown gate, which its table may lack",
      { version: "1.37", args: ["--feature-gates=Later=true"] },
      "UNSUPPORTED_KUBERNETES_VERSION",
      /feature gate Later/,
    ],
    [
      "an older kubelet has an unknown gate",
      { version: "1.26", args: ["--feature-gates=Earlier=true"] },
      "UNSUPPORTED_KUBERNETES_VERSION",
      /1\.26 uses the feature gate Earlier/,
    ],
    [
      "the version is unknown and the result depends on it",
      { version: "", args: withDropIns, files: base({}) },
      "EVIDENCE_INCOMPLETE",
      /between Kubernetes 1\.27 and 1\.37 whether the kubelet starts/,
    ],
  ])("%s", (_, node, code, because) =>
    expect(resolved(node)).toEqual({
      unreadable: { code, because: expect.stringMatching(because), fix: expect.any(String) },
    }),
  );

  test("a kubelet of unknown version is resolved if all versions have the same result", () => {
    const { version, versionFrom } = started({ version: "", args: withFile, files: base({}) });
    expect([version, versionFrom]).toEqual(["1.27 to 1.37", expect.stringContaining("unknown")]);
  });

  test("the version of `kubelet --version` is the version of the result", () => {
    expect(started({ version: "1.30" })).toMatchObject({ version: "1.30", versionFrom: "kubelet --version" });
  });
});

test("drop-ins are in the order in which the kubelet reads them", () => {
  const names = [
    "B.conf",
    "a.conf",
    ".hidden.conf",
    "100-x.conf",
    "20-x.conf",
    "a/z.conf",
    "a-b.conf",
    "é.conf",
    "😀.conf",
    "\uffee.conf",
  ];
  const files = {
    ...base({}, Object.fromEntries(names.map((name) => [name, {}]))),
    "/etc/d/a": directory,
    "/etc/d/not": header.kind,
  };
  const { paths } = started({ args: withDropIns, files });
  expect(paths.dropIns.map((path) => path.slice("/etc/d/".length))).toEqual([
    ".hidden.conf",
    "100-x.conf",
    "20-x.conf",
    "B.conf",
    "a/z.conf",
    "a-b.conf",
    "a.conf",
    "é.conf",
    "\uffee.conf",
    "😀.conf",
  ]);
});

test.each([
  "",
  ",a=b,,c , d = e,f=",
  "note=no--client-ca-file,eks.amazonaws.com/nodegroup=ng-1,topology.k8s.aws/zone-id=use1-az1",
  "kubernetes.io/os=linux,topology.kubernetes.io/zone=a,node.kubernetes.io/lifecycle=spot,x.kubelet.kubernetes.io/y=",
  `a=${"b".repeat(63)},notkubernetes.io/a=b`,
  "a=-,a=b",
])("a kubelet starts with the labels %j", (labels) => {
  expect(started({ args: [`--node-labels=${labels}`] }).settings.readOnlyPort.value).toBe(10_255);
});

test("a kubelet starts with a logging level only if it is an unsigned decimal number of 31 bits", () => {
  expect(started({ args: ["--v=2147483647", "-v", "010"] }).settings.readOnlyPort.value).toBe(10_255);
  for (const level of ["0x2", "+2", "-1", "3.5", "2147483648"]) {
    expect(resolved({ args: [`--v=${level}`] })).toEqual({ refuses: expect.stringContaining("--v") });
  }
});

describe("a kubelet of an unknown minor is judged as the nearest known minor, and a remark names both", () => {
  test.each([
    ["1.38", "judged as 1.37 (the tables of this auditor do not contain 1.38)"],
    ["1.26", "judged as 1.27 (the tables of this auditor do not contain 1.26)"],
  ])("Kubernetes %s", (version, remark) => {
    expect(started({ version, args: withFile, files: base({ readOnlyPort: 7 }) })).toMatchObject({
      version,
      remarks: [remark],
      settings: { readOnlyPort: { value: 7 } },
    });
  });

  test("a kubelet of a known minor has no remark", () => expect(started({ version: "1.37" }).remarks).toEqual([]));
});

describe("a --config-dir that is a link", () => {
  const files = { ...base({}, { "a.conf": { eventRecordQPS: 7 } }), "/etc/d": { ...directory, link: "/real" } };
  test.each([
    ["is not followed", "/etc/d", 50],
    ["is followed when it ends in a slash", "/etc/d/", 7],
    ["is followed when it ends in a dot", "/etc/d/.", 7],
  ])("%s", (_, written, qps) => {
    const kubelet = started({ args: [...withFile, `--config-dir=${written}`], files });
    expect(kubelet.settings.eventRecordQPS.value).toBe(qps);
  });

  test("a --config-dir that is a file named like a drop-in counts as that drop-in", () => {
    const one = { "/etc/config.json": config(), "/etc/one.conf": config({ eventRecordQPS: 7 }) };
    expect(
      started({ args: [...withFile, "--config-dir=/etc/one.conf"], files: one }).settings.eventRecordQPS.value,
    ).toBe(7);
  });
});

describe("of drop-in names that differ only in letter case, the last in byte order wins", () => {
  const qps = (version: string, fields: object, dropIn: string) => {
    const files = { ...base(fields), "/etc/d/a.conf": `{${JSON.stringify(header).slice(1, -1)},${dropIn}}` };
    return started({ version, args: withDropIns, files }).settings.readOnlyPort.value;
  };
  test.each([
    ["1.34", { readOnlyPort: 1 }, '"readonlyport": 2', 2],
    ["1.34", { readOnlyPort: 1 }, '"ReadOnlyPort": 2', 1],
    ["1.34", {}, '"ReadOnlyPort": 2', 2],
    ["1.34", { readOnlyPort: 1 }, '"READONLYPORT": 3, "readonlyport": 2', 2],
    ["1.31", { readOnlyPort: 1 }, '"readonlyport": 2', 2],
    ["1.31", { readOnlyPort: 1 }, '"ReadOnlyPort": 2', 2],
    ["1.31", { readOnlyPort: 1 }, '"READONLYPORT": 2', 1],
    ["1.31", {}, '"READONLYPORT": 2', 0],
    ["1.34", { readOnlyPort: 1 }, '"readOnlyPort": null', 0],
    ["1.31", { readOnlyPort: 1 }, '"readOnlyPort": null', 1],
    ["1.34", { readOnlyPort: 1 }, '"readOnlyPort": 1e1', 10],
  ])("Kubernetes %s, file %j, drop-in %s: %i", (version, fields, dropIn, expected) =>
    expect(qps(version, fields, dropIn)).toBe(expected),
  );
});

test("a number of a flag or file may have any number of zeros before it", () => {
  const zeros = "0".repeat(100);
  const flag = started({ args: [...withFile, `--max-pods=${zeros}110`], files: { "/etc/config.json": config() } });
  const yaml = started({
    args: withFile,
    files: { "/etc/config.json": `kind: ${header.kind}\napiVersion: ${header.apiVersion}\nmaxPods: ${zeros}110\n` },
  });
  expect([flag, yaml].map(({ whole }) => whole?.configz().maxPods)).toEqual([0o110, 0o110]);
});
