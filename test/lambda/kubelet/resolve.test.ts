import { describe, expect, test } from "vitest";
import type { SettingName } from "../../../lambda/kubelet/effective.ts";
import { config, header, type NodeState, resolved, started, withDropIns, withFile } from "./node.ts";

const directory = { kind: "directory" } as const;
const base = (fields: object, dropIns: Readonly<Record<string, object>> = {}): NonNullable<NodeState["files"]> => ({
  "/etc/config.json": config(fields),
  "/etc/d": directory,
  ...Object.fromEntries(Object.entries(dropIns).map(([name, inner]) => [`/etc/d/${name}`, config(inner)])),
});

/** Who decides, then whom that overrides, each as "where: value". */
function story(setting: SettingName, node: NodeState): string[] {
  const { from, overrode } = started(node).settings[setting];
  return [from, ...overrode].map(({ where, value }) => `${where}: ${JSON.stringify(value)}`);
}

describe("every value says where it comes from and what it overrides, latest first", () => {
  const all = {
    args: [...withDropIns, "--event-qps=3", "--event-qps", "4"],
    files: base({ eventRecordQPS: 1 }, { "a.conf": { eventRecordQPS: 2 } }),
  };
  test("flag over flag over drop-in over file", () => {
    expect(story("eventRecordQPS", all)).toEqual([
      "--event-qps 4: 4",
      "--event-qps=3: 3",
      "/etc/d/a.conf: 2",
      "/etc/config.json: 1",
    ]);
  });

  test.each<[string, SettingName, NodeState, string[]]>([
    [
      "a default with a file",
      "readOnlyPort",
      { args: withFile, files: base({}) },
      ["the kubelet's default with a config file: 0"],
    ],
    ["a default without one", "readOnlyPort", {}, ["the kubelet's default without a config file: 10255"]],
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
      "a false that a drop-in elsewhere leaves alone",
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
      "a gate by its own name, one switch over another",
      "featureEnabled.RotateKubeletServerCertificate",
      {
        args: [...withFile, "--feature-gates=RotateKubeletServerCertificate=true"],
        files: base({ featureGates: { RotateKubeletServerCertificate: false } }),
      },
      ["--feature-gates=RotateKubeletServerCertificate=true: true", "/etc/config.json: false"],
    ],
    [
      "a gate by all beta gates",
      "featureEnabled.RotateKubeletServerCertificate",
      { args: withFile, files: base({ featureGates: { AllBeta: false } }) },
      ["/etc/config.json: false"],
    ],
    ["a gate by default", "featureEnabled.RotateKubeletServerCertificate", {}, ["the feature gate's default: true"]],
    [
      "1.28: what a drop-in resets without saying a word",
      "streamingConnectionIdleTimeout",
      { version: "1.28", args: withDropIns, files: base({ streamingConnectionIdleTimeout: "5m" }, { "a.conf": {} }) },
      ['the default that Kubernetes 1.28 fills into /etc/d/a.conf: "4h0m0s"', '/etc/config.json: "5m"'],
    ],
    [
      "1.28: a false in a drop-in that cannot win",
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

test("1.28: a gate that a drop-in switches off is off, since maps are copied key by key", () => {
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

describe("paths are absolute, as this kubelet opens them", () => {
  test.each<[string, NodeState, object]>([
    [
      "all that are given",
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
      "relative flags from the working directory",
      {
        args: ["--config=config.json", "--kubeconfig=../k", "--client-ca-file=ca"],
        cwd: "/etc",
        files: { ...base({}), "/etc/ca": ca },
      },
      { config: "/etc/config.json", kubeconfig: "/etc/../k", clientCA: "/etc/ca", dropIns: [], dropInDirectories: [] },
    ],
    [
      "relative in the file from the file's directory",
      {
        args: withFile,
        files: { ...base({ authentication: { x509: { clientCAFile: "./pki/../ca" } } }), "/etc/ca": ca },
      },
      { config: "/etc/config.json", clientCA: "/etc/ca", dropIns: [], dropInDirectories: [] },
    ],
    [
      "without the slash behind a name that the kubelet folds",
      {
        args: ["--config=/etc/config.json/"],
        files: { ...base({ authentication: { x509: { clientCAFile: "ca/" } } }), "/etc/ca": ca },
      },
      { config: "/etc/config.json", clientCA: "/etc/ca", dropIns: [], dropInDirectories: [] },
    ],
    [
      "relative in a drop-in from the working directory",
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

describe("a kubelet that would not start is recognised", () => {
  const file = (content: string) => ({ args: withFile, files: { "/etc/config.json": content } });
  test.each<[string, NodeState, RegExp]>([
    ["--version", { args: ["--version"] }, /--version/],
    ["--help=1", { args: ["--help=1"] }, /--help/],
    ["a missing file", { args: withFile, files: { "/etc/config.json": { kind: "missing" } } }, /no such file/],
    ["a directory for a file", { args: withFile, files: { "/etc/config.json": directory } }, /directory/],
    ["no kind", file("{}"), /Kind/],
    ["a wrong type in a field that no rule looks at", file(config({ evictionHard: { a: 1 } })), /evictionHard.a/],
    ["a wrong type in a list", file(config({ clusterDNS: [1] })), /clusterDNS/],
    ["a number that is no int32", file(config({ maxPods: 2147483648 })), /maxPods/],
    ["an unknown gate", file(config({ featureGates: { NoSuchGate: false } })), /NoSuchGate/],
    ["the name of a prototype for a gate", file(config({ featureGates: { constructor: true } })), /constructor/],
    ["a port out of range", file(config({ readOnlyPort: 65536 })), /readOnlyPort/],
    ["a threshold out of order", file(config({ imageGCLowThresholdPercent: 90 })), /imageGC/],
    ["an unknown hairpin mode", { args: ["--hairpin-mode=x"] }, /hairpinMode/],
    ["a bad value of a flag that no rule looks at", { args: ["--max-pods=many"] }, /max-pods/],
    ["a bad address", { args: ["--address=localhost"] }, /address/],
    ["a pair without =", { args: ["--system-reserved=a"] }, /system-reserved/],
    ["a threshold with =", { args: ["--eviction-hard=memory.available=1Gi"] }, /eviction-hard/],
    [
      "a label that is not the node's to give",
      { args: ["--node-labels=a=b,node-role.kubernetes.io/x="] },
      /label of Kubernetes/,
    ],
    ["a label in the domain itself", { args: ["--node-labels", "k8s.io/a=b"] }, /k8s.io\/a is a label of Kubernetes/],
    ["a label without a name", { args: ["--node-labels=x/=b"] }, /"x\/" is not a valid label name/],
    ["a label with two slashes", { args: ["--node-labels=x/y/z=b"] }, /is not a valid label name/],
    ["a label of a domain in capitals", { args: ["--node-labels=X.com/y=b"] }, /is not a valid label name/],
    [
      "a label's value that looks like a flag",
      { args: ["--node-labels=a=--client-ca-file=/x"] },
      /is not a valid label value/,
    ],
    ["a label's value of 64 characters", { args: [`--node-labels=a=${"b".repeat(64)}`] }, /is not a valid label value/],
    ["misplaced quotes in a list", { args: ['--tls-cipher-suites=a"b'] }, /tls-cipher-suites/],
    ["an unknown cipher suite", { args: ["--tls-cipher-suites=TLS_NO"] }, /TLS_NO/],
    [
      "1.29 without the confirmation",
      { args: withDropIns, version: "1.29", files: base({}), dropInEnvironment: false },
      /DROPIN_DIR_ALPHA/,
    ],
    [
      "--config-dir that is not there",
      { args: withDropIns, files: { ...base({}), "/etc/d": { kind: "missing" } } },
      /does not exist/,
    ],
    [
      "a slash behind a drop-in that --config-dir names",
      { args: [...withFile, "--config-dir=/etc/a.conf/"], files: { ...base({}), "/etc/a.conf": config() } },
      /not a directory/,
    ],
    ["a slash behind a client CA file", { args: ["--client-ca-file=/ca/"], files: { "/ca": ca } }, /not a directory/],
    [
      "a slash and a dot behind the client CA of the file",
      { args: withFile, files: { ...base({ authentication: { x509: { clientCAFile: "/ca/." } } }), "/ca": ca } },
      /not a directory/,
    ],
    [
      "a linked drop-in whose target is gone",
      { args: withDropIns, files: { ...base({}), "/etc/d/a.conf": { kind: "missing", link: "x" } } },
      /a.conf/,
    ],
    [
      "a linked directory that is named like a drop-in",
      { args: withDropIns, files: { ...base({}), "/etc/d/a.conf": { ...directory, link: "x" } } },
      /a.conf/,
    ],
    [
      "AllBeta off in a drop-in when a beta default is already there",
      { args: withDropIns, version: "1.35", files: base({}, { "a.conf": { featureGates: { AllBeta: false } } }) },
      /KubeletEnsureSecretPulledImages/,
    ],
    [
      "a client CA without certificates",
      { args: ["--client-ca-file=/ca"], files: { "/ca": { certificates: [] } } },
      /no certificate/,
    ],
    [
      "a client CA with a malformed one",
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
      "AllBeta off in the main file: the beta default was never filled in",
      { args: withFile, version: "1.35", files: base({ featureGates: { AllBeta: false } }) },
    ],
    [
      "fields that are newer than the kubelet are not looked at",
      { args: withFile, version: "1.31", files: base({ crashLoopBackOff: { maxContainerRestartPeriod: 5 } }) },
    ],
    ["unknown fields are not looked at", { args: withFile, files: base({ noSuchField: [], __proto__x: 1 }) }],
    ["a client CA of which nothing is known", { args: ["--client-ca-file=/somewhere"] }],
    ["a quoted list", { args: ['--tls-cipher-suites="TLS_AES_128_GCM_SHA256","TLS_AES_256_GCM_SHA384"'] }],
    [
      "Bottlerocket's 1.28 merges as 1.29",
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
  ])("it starts, though: %s", (_, node) => expect(resolved(node)).toHaveProperty("kubelet"));
});

describe("where evidence lacks something, nothing is guessed", () => {
  test.each<[string, NodeState, string, RegExp]>([
    ["the file was not collected", { args: withFile }, "EVIDENCE_INCOMPLETE", /\/etc\/config.json/],
    [
      "the file was too large",
      { args: withFile, files: { "/etc/config.json": { problem: "too large" } } },
      "EVIDENCE_INCOMPLETE",
      /too large/,
    ],
    [
      "the way to it was closed",
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
      "the directory was not listed",
      { args: withDropIns, files: { ...base({}), "/etc/d": { ...directory, problem: "too many" } } },
      "EVIDENCE_INCOMPLETE",
      /too many/,
    ],
    [
      "the directory was not looked at",
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
      "a newer kubelet has a flag that is not known",
      { version: "1.38", args: ["--later=1"] },
      "UNSUPPORTED_KUBERNETES_VERSION",
      /1\.38 uses the flag --later, which is not one of 1\.37/,
    ],
    [
      "a newer kubelet has a gate that is not known",
      { version: "1.38", args: ["--feature-gates=Later=true"] },
      "UNSUPPORTED_KUBERNETES_VERSION",
      /feature gate Later/,
    ],
    [
      "a newer kubelet has a field that is not known",
      { version: "1.38", args: withFile, files: base({ logging: { later: 1 } }) },
      "UNSUPPORTED_KUBERNETES_VERSION",
      /field logging\.later/,
    ],
    [
      "1.37 has a gate that its table may lack",
      { version: "1.37", args: ["--feature-gates=Later=true"] },
      "UNSUPPORTED_KUBERNETES_VERSION",
      /feature gate Later/,
    ],
    [
      "an older kubelet has a gate that is not known",
      { version: "1.26", args: ["--feature-gates=Earlier=true"] },
      "UNSUPPORTED_KUBERNETES_VERSION",
      /1\.26 uses the feature gate Earlier/,
    ],
    [
      "the version is unknown and matters",
      { version: "", args: withDropIns, files: base({}) },
      "EVIDENCE_INCOMPLETE",
      /between Kubernetes 1\.27 and 1\.37 whether the kubelet starts/,
    ],
  ])("%s", (_, node, code, because) =>
    expect(resolved(node)).toEqual({
      unreadable: { code, because: expect.stringMatching(because), fix: expect.any(String) },
    }),
  );

  test("a version that nobody tells does not matter where all agree", () => {
    const { version, versionFrom } = started({ version: "", args: withFile, files: base({}) });
    expect([version, versionFrom]).toEqual(["1.27 to 1.37", expect.stringContaining("unknown")]);
  });

  test("the kubelet's own version wins over the one it is told to have", () => {
    expect(started({ version: "1.30" })).toMatchObject({ version: "1.30", versionFrom: "kubelet --version" });
  });
});

test("drop-ins are read in the order of the kubelet's walk", () => {
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

test("a level of logging is an unsigned decimal number of 31 bits", () => {
  expect(started({ args: ["--v=2147483647", "-v", "010"] }).settings.readOnlyPort.value).toBe(10_255);
  for (const level of ["0x2", "+2", "-1", "3.5", "2147483648"]) {
    expect(resolved({ args: [`--v=${level}`] })).toEqual({ refuses: expect.stringContaining("--v") });
  }
});

describe("a minor that is not known is judged by the nearest known one, with a remark", () => {
  test.each([
    ["1.38", "judged as 1.37; 1.38 is not known to this version"],
    ["1.26", "judged as 1.27; 1.26 is not known to this version"],
  ])("Kubernetes %s", (version, remark) => {
    expect(started({ version, args: withFile, files: base({ readOnlyPort: 7 }) })).toMatchObject({
      version,
      remarks: [remark],
      settings: { readOnlyPort: { value: 7 } },
    });
  });

  test("a known one has no remark", () => expect(started({ version: "1.37" }).remarks).toEqual([]));
});

describe("--config-dir as a link", () => {
  const files = { ...base({}, { "a.conf": { eventRecordQPS: 7 } }), "/etc/d": { ...directory, link: "/real" } };
  test.each([
    ["is not followed", "/etc/d", 50],
    ["is followed when it ends in a slash", "/etc/d/", 7],
    ["is followed when it ends in a dot", "/etc/d/.", 7],
  ])("%s", (_, written, qps) => {
    const kubelet = started({ args: [...withFile, `--config-dir=${written}`], files });
    expect(kubelet.settings.eventRecordQPS.value).toBe(qps);
  });

  test("or a file named like a drop-in is that drop-in", () => {
    const one = { "/etc/config.json": config(), "/etc/one.conf": config({ eventRecordQPS: 7 }) };
    expect(
      started({ args: [...withFile, "--config-dir=/etc/one.conf"], files: one }).settings.eventRecordQPS.value,
    ).toBe(7);
  });
});

describe("names in drop-ins that differ only in case are one name, and byte order decides", () => {
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
