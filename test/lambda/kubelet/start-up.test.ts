import { describe, expect, test } from "vitest";
import { config, type NodeState, resolved, started, withDropIns, withFile } from "./node.ts";

const file = (fields: object): NodeState => ({ args: withFile, files: { "/etc/config.json": config(fields) } });
const gates = (featureGates: Record<string, boolean>, fields: object = {}) => ({ featureGates, ...fields });

function starts(state: NodeState, version: string): boolean {
  return "kubelet" in resolved({ ...state, version });
}

/** Fields of a config file, the tested minors, and the minors whose kubelet starts with these fields. */
type Row = [fields: object, minors: string, starting: string];

const rows: readonly Row[] = [
  // Numbers and their limits.
  [{ eventRecordQPS: 0 }, "27 37", "27 37"],
  [{ eventBurst: -1 }, "27 37", ""],
  [{ registryBurst: -1 }, "27 37", ""],
  [{ kubeAPIBurst: -1 }, "27 37", ""],
  [{ maxOpenFiles: -1 }, "27 37", ""],
  [{ podsPerCore: -1 }, "27 37", ""],
  [{ nodeStatusMaxImages: -1 }, "27 37", "27 37"],
  [{ nodeStatusMaxImages: -2 }, "27 37", ""],
  [{ nodeLeaseDurationSeconds: -1 }, "27 37", ""],
  [{ oomScoreAdj: 1_000 }, "27 37", "27 37"],
  [{ oomScoreAdj: 1_001 }, "27 37", ""],
  [{ port: 0 }, "27 37", "27 37"],
  [{ port: 65_536 }, "27 37", ""],
  [{ healthzPort: 0 }, "27 37", "27 37"],
  [{ healthzPort: 65_536 }, "27 37", ""],
  [{ iptablesMasqueradeBit: 31 }, "27 37", "27 37"],
  [{ iptablesMasqueradeBit: 32 }, "27 37", ""],
  [{ iptablesDropBit: 32 }, "27 37", ""],
  [{ imageGCHighThresholdPercent: 0 }, "27 37", ""],
  [{ imageGCHighThresholdPercent: 79 }, "27 37", ""],
  [{ imageGCHighThresholdPercent: 101 }, "27 37", ""],
  [{ imageGCLowThresholdPercent: 84 }, "27 37", "27 37"],
  [{ containerLogMaxFiles: 1 }, "32 33", "32"],
  [{ containerLogMaxWorkers: 0 }, "29 30", "29"],
  [{ memoryThrottlingFactor: 1.1 }, "27 37", ""],
  [{ userNamespaces: { idsPerPod: 65_536 } }, "33", "33"],
  [{ userNamespaces: { idsPerPod: 65_537 } }, "32 33", "32"],
  [{ maxParallelImagePulls: 5 }, "27 37", "27 37"],
  [{ maxParallelImagePulls: 0 }, "27 37", ""],
  [{ maxParallelImagePulls: 5, serializeImagePulls: true }, "27 37", ""],
  // Durations.
  [{ imageMaximumGCAge: "2m" }, "28 29 30", "28"],
  [{ imageMaximumGCAge: "3m" }, "29 30", "30"],
  [gates({ ImageMaximumGCAge: true }, { imageMaximumGCAge: "3m" }), "29", "29"],
  [{ imageMinimumGCAge: "-1s" }, "35 36", "35"],
  [{ containerLogMonitorInterval: "0s" }, "29 30", "29"],
  [{ containerLogMonitorInterval: "3s" }, "30", "30"],
  [{ cpuCFSQuotaPeriod: "20ms" }, "35 36", "36"],
  [{ cpuCFSQuotaPeriod: "2s" }, "36", ""],
  [gates({ CustomCPUCFSQuotaPeriod: true }, { cpuCFSQuotaPeriod: "1ms" }), "27", "27"],
  [{ shutdownGracePeriod: "1s", shutdownGracePeriodCriticalPods: "1s" }, "27 37", "27 37"],
  [{ shutdownGracePeriod: "1s", shutdownGracePeriodCriticalPods: "2s" }, "27 37", ""],
  [{ shutdownGracePeriodCriticalPods: "500ms" }, "27 37", ""],
  [gates({ GracefulNodeShutdown: false }, { shutdownGracePeriod: "9s" }), "27", ""],
  [gates({ GracefulNodeShutdown: false }, { shutdownGracePeriod: "-9s" }), "27 34", "27 34"],
  [{ shutdownGracePeriod: "-9s" }, "27 37", ""],
  [{ shutdownGracePeriodByPodPriority: [{ priority: 1, shutdownGracePeriodSeconds: 9 }] }, "27 37", "27 37"],
  [
    gates(
      { GracefulNodeShutdownBasedOnPodPriority: false },
      { shutdownGracePeriodByPodPriority: [{ priority: 1, shutdownGracePeriodSeconds: 9 }] },
    ),
    "27",
    "",
  ],
  [{ crashLoopBackOff: { maxContainerRestartPeriod: "300s" } }, "31 34 35", "31 35"],
  [{ crashLoopBackOff: { maxContainerRestartPeriod: "300.0009s" } }, "35", "35"],
  [{ crashLoopBackOff: { maxContainerRestartPeriod: "301s" } }, "35", ""],
  [{ logging: { flushFrequency: "-1s" } }, "34 35", ""],
  [{ logging: { flushFrequency: 1_000_000_000 } }, "27 37", "27 37"],
  [{ logging: { flushFrequency: "1s" } }, "27 28", "28"],
  // Names.
  [{ topologyManagerPolicy: "Restricted" }, "27 37", ""],
  [{ topologyManagerScope: "pod" }, "27 37", "27 37"],
  [{ topologyManagerScope: "Pod" }, "27 37", ""],
  [{ hairpinMode: "" }, "27 37", "27 37"],
  [{ runOnce: true }, "31 32", "31"],
  [{ showHiddenMetricsForVersion: "1.33" }, "33 34 35", "34"],
  [{ podLogsDir: "logs" }, "29 30", "29 30"],
  [{ podLogsDir: "/var/../logs" }, "29 30", "29"],
  [{ podLogsDir: "/..logs/.x" }, "30", "30"],
  [{ memoryReservationPolicy: "TieredReservation" }, "35 36 37", "35 37"],
  [gates({ MemoryQoS: true }, { memoryReservationPolicy: "TieredReservation" }), "36", "36"],
  [{ tlsCurvePreferences: [23, 29, 4_588] }, "35 36", "35 36"],
  [{ tlsCurvePreferences: [23, 23] }, "35 36", "35"],
  [{ tlsCurvePreferences: [99] }, "36", ""],
  [{ tlsMinVersion: "1.2" }, "27 37", ""],
  [{ authorization: { mode: "webhook" } }, "27 37", ""],
  // Swap.
  [{ memorySwap: { swapBehavior: "LimitedSwap" } }, "29 30 37", "30 37"],
  [gates({ NodeSwap: true }, { memorySwap: { swapBehavior: "UnlimitedSwap" } }), "29 30", "29"],
  [{ memorySwap: { swapBehavior: "NoSwap" } }, "30 37", "30 37"],
  // Taints, reservations, CPUs.
  [{ registerWithTaints: [{ key: "a/b/c" }] }, "27 37", ""],
  [{ registerWithTaints: [{ key: "a", effect: "noSchedule" }] }, "27 37", ""],
  [{ registerWithTaints: [{ key: "a", timeAdded: "2026-01-01T00:00:00Z" }] }, "27 37", ""],
  [{ registerWithTaints: [{ key: "a", timeAdded: null }] }, "27 37", "27 37"],
  [{ registerWithTaints: [{ key: 1 }] }, "27 37", ""],
  [{ reservedMemory: [{ numaNode: 0, limits: { memory: 0 } }] }, "27 37", ""],
  [{ reservedMemory: [{ limits: { memory: "600MB" } }] }, "27 37", ""],
  [{ reservedMemory: [{ limits: { memory: "1Gi" } }, { numaNode: 0, limits: { memory: "1Gi" } }] }, "27 37", ""],
  [
    { reservedMemory: [{ limits: { "hugepages-2Mi": "2Mi" } }, { numaNode: 1, limits: { memory: 1 } }] },
    "27 37",
    "27 37",
  ],
  [{ reservedSystemCPUs: "0-3,8" }, "27 37", "27 37"],
  [{ reservedSystemCPUs: "3-1" }, "27 37", ""],
  [{ reservedSystemCPUs: "0,,1" }, "27 37", ""],
  // Cgroups.
  [{ systemCgroups: "/system" }, "27 37", ""],
  [{ systemCgroups: "/system", cgroupRoot: "/" }, "27 37", "27 37"],
  [{ cgroupsPerQOS: false }, "30 31", ""],
  [{ cgroupsPerQOS: false, enforceNodeAllocatable: [] }, "30 31", "30 31"],
  [{ cgroupsPerQOS: false, enforceNodeAllocatable: ["none"] }, "30 31", "31"],
  [{ enforceNodeAllocatable: ["pods", "pods"] }, "30 31", "30"],
  [{ enforceNodeAllocatable: ["none", "none"] }, "30 31", ""],
  [{ enforceNodeAllocatable: [""] }, "27 37", ""],
  [{ enforceNodeAllocatable: ["kube-reserved"] }, "27 37", ""],
  [{ enforceNodeAllocatable: ["kube-reserved"], kubeReservedCgroup: "/k" }, "27 37", "27 37"],
  [{ enforceNodeAllocatable: ["kube-reserved-compressible"], kubeReservedCgroup: "/k" }, "31 32", "32"],
  [{ enforceNodeAllocatable: ["kube-reserved", "kube-reserved-compressible"], kubeReservedCgroup: "/k" }, "32 37", ""],
  // Images.
  [{ imagePullCredentialsVerificationPolicy: "AlwaysVerify" }, "32 34 35", "32 35"],
  [allowing("registry.example.org:5000/base"), "35 37", "35 37"],
  [allowing("registry.example.org/*"), "35", "35"],
  [allowing("/*"), "35", ""],
  [allowing("busybox:1"), "35", ""],
  [allowing("Busybox"), "35", ""],
  [allowing("busybox@sha256:0"), "35", ""],
  [allowing(" busybox"), "35", ""],
  // Tracing.
  [{ tracing: { endpoint: "unix:///run/otel.sock" } }, "27 37", "27 37"],
  [{ tracing: { endpoint: "http://otel:4317" } }, "27 37", ""],
  [{ tracing: { endpoint: "otel:port" } }, "27 37", ""],
  [{ tracing: { endpoint: "unix-abstract://name" } }, "28 29", "29"],
  [gates({ KubeletTracing: false }, { tracing: {} }), "33 34", ""],
  // Logs.
  [{ enableSystemLogQuery: true }, "35 36", "36"],
  [gates({ NodeLogQuery: true }, { enableSystemLogQuery: true, enableSystemLogHandler: false }), "35", ""],
  [{ logging: { format: "json" } }, "27 37", "27 37"],
  [{ logging: { vmodule: [{ filePattern: "a", verbosity: 2_147_483_648 }] } }, "27 37", ""],
  [{ logging: { format: "json", vmodule: [{ filePattern: "a", verbosity: 1 }] } }, "27 37", ""],
  [{ logging: { options: { text: { infoBufferSize: "1" } } } }, "29 30", "29"],
  [{ logging: { options: { json: { splitStream: true } } } }, "27 37", "27 37"],
];

function allowing(image: string): object {
  const imagePullCredentialsVerificationPolicy = "NeverVerifyAllowlistedImages";
  return { imagePullCredentialsVerificationPolicy, preloadedImagesVerificationAllowlist: [image] };
}

describe("a kubelet with these settings starts only on some minors", () => {
  test.each(rows)("%j: tested on %s, starts on %j", (fields, minors, starting) => {
    const found = minors.split(" ").filter((minor) => starts(file(fields), `1.${minor}`));
    expect(found.join(" ")).toBe(starting);
  });
});

describe("a kubelet with these flags starts only on some minors", () => {
  test.each<[flag: string, minors: string, starting: string]>([
    ["--iptables-drop-bit=3", "27 30 31", "27 30"],
    ["--containerd=/run/containerd.sock", "36 37", "36"],
    ["--housekeeping-interval=10s", "27 37", "27 37"],
    ["--port=0", "27 37", ""],
    ["--container-runtime-endpoint=", "27 37", ""],
    ["--register-with-taints=a=b:NoSchedule,c:NoExecute,d-", "27 37", "27 37"],
    ["--register-with-taints=a:b:NoSchedule", "27 37", ""],
    ["--register-with-taints=a", "27 37", ""],
    ["--reserved-memory=0:memory=1Gi,hugepages-2Mi=2M;1:memory=1", "27 37", "27 37"],
    ["--reserved-memory=0:memory=0", "27 37", ""],
    ["--reserved-memory=0:memory=1Gi;", "27 37", ""],
    ["--vmodule=a=1,,b=2", "27 37", "27 37"],
    ["--vmodule==1", "27 37", ""],
    ["--log-json-split-stream", "27 37", ""],
    ["--log-json-info-buffer-size=0", "27 37", "27 37"],
    ["--address=", "27 37", "27 37"],
    ["--healthz-bind-address=::1", "27 37", "27 37"],
    ["--address=1::2::3", "27 37", ""],
    ["--address=::00001", "27 37", "27 37"],
    ["--address= 10.0.0.1", "27 37", ""],
    ["--help=false", "27 37", "27 37"],
    ["--kube-reserved=cpu", "27 37", ""],
    ["--eviction-hard=memory.available=1Gi", "27 37", ""],
  ])("%s: tested on %s, starts on %j", (flag, minors, starting) => {
    const found = minors.split(" ").filter((minor) => starts({ args: [flag] }, `1.${minor}`));
    expect(found.join(" ")).toBe(starting);
  });

  test.each([
    ["an address after an empty one", ["--address=", "--address=10.0.0.1"], false],
    ["an empty address after a valid address", ["--address=10.0.0.1", "--address=", "--address="], true],
    ["two empty addresses of different flags", ["--address=", "--healthz-bind-address=::1"], true],
    ["reserved memory after an empty value", ["--reserved-memory=", "--reserved-memory=0:memory=1Gi"], false],
    ["an empty value after reserved memory", ["--reserved-memory=0:memory=1Gi", "--reserved-memory="], true],
    ["reserved memory that is empty twice", ["--reserved-memory=", "--reserved-memory="], false],
    ["a list whose only line is empty", ["--cluster-dns=\n"], false],
    ["misplaced quotes in the second line of a list", ['--cluster-dns=10.0.0.1\n"'], true],
  ])("%s", (_, args, starting) => expect(starts({ args }, "1.34")).toBe(starting));

  test.each([
    ["is the last word", ["--log-cadvisor-usage"], false],
    ["has a value", ["--log-cadvisor-usage=true"], true],
    ["precedes a flag whose value is a separate word", ["--enable_load_reader", "--max-pods", "9"], true],
    ["precedes --help=false", ["--storage-driver-secure", "--help=false"], true],
  ])("with a config file, if a boolean flag of a library %s", (_, args, starting) => {
    const files = { "/etc/config.json": config() };
    expect(starts({ args: [...withFile, ...args], files }, "1.36")).toBe(starting);
    expect(starts({ args }, "1.36")).toBe(true);
  });

  test("a kubelet without a config file gets the defaults of the flags' gates only with --config-dir", () => {
    const args = ["--feature-gates=KubeletCrashLoopBackOffMax=true"];
    const files = { "/etc/d": { kind: "directory" as const } };
    expect(starts({ args }, "1.34")).toBe(false);
    expect(starts({ args: [...args, "--config-dir=/etc/d"], files }, "1.34")).toBe(true);
  });

  test("a kubelet with a config file does not start if --help=false is given", () => {
    const files = { "/etc/config.json": config() };
    expect(starts({ args: [...withFile, "--help=false"], files }, "1.34")).toBe(false);
    expect(starts({ args: [...withFile, "-h=false"], files }, "1.34")).toBe(false);
  });

  test("a kubelet with a config file starts with --log-json-split-stream only if the gate is on", () => {
    const files = { "/etc/config.json": config() };
    expect(starts({ args: [...withFile, "--log-json-split-stream"], files }, "1.34")).toBe(false);
    const gate = "--feature-gates=LoggingAlphaOptions=true";
    expect(starts({ args: [...withFile, "--log-json-split-stream", gate], files }, "1.34")).toBe(true);
  });

  test("a kubelet whose file sets the json format does not start with a --vmodule that adds an item", () => {
    const files = { "/etc/config.json": config({ logging: { format: "json" } }) };
    expect(starts({ args: [...withFile, "--vmodule=a=1"], files }, "1.34")).toBe(false);
    expect(starts({ args: [...withFile, "--vmodule="], files }, "1.34")).toBe(true);
  });
});

describe("a kubelet starts only on some minors with", () => {
  const dropIn = (fields: object, more: object, unknown = "0"): NodeState => ({
    args: withDropIns,
    files: {
      "/etc/config.json": config(fields),
      "/etc/d": { kind: "directory" },
      "/etc/d/a.conf": config({ ...more, unknown: 0 }).replace('"unknown":0', `"unknown":${unknown}`),
    },
  });
  const flag = (state: NodeState, value: string): NodeState => ({
    ...state,
    args: [...(state.args ?? []), `--feature-gates=${value}`],
  });

  test.each<[title: string, state: NodeState, minors: string, starting: string]>([
    ["a locked gate set to its locked value", file(gates({ ExecProbeTimeout: true })), "34 35", "34 35"],
    ["a locked gate set to another value", file(gates({ ExecProbeTimeout: false })), "34 35", "34"],
    ["a removed gate", file(gates({ AppArmor: true })), "32 33", "32"],
    ["a gate of another distribution", file(gates({ RouteExternalCertificate: false })), "28 36", ""],
    ["a gate in the wrong case", file(gates({ rotateKubeletServerCertificate: true })), "27 37", ""],
    ["a dependency that is off", file(gates({ GracefulNodeShutdown: false })), "34 35", "34"],
    ["a gate that 1.37 removed", file(gates({ AnyVolumeDataSource: true })), "36 37", "36"],
    [
      "a wrong value of a locked gate in the file and the right one in a flag",
      flag(file(gates({ NodeSwap: false })), "NodeSwap=true"),
      "34",
      "",
    ],
    [
      "a wrong value of a gate in the file and the right one in a flag",
      flag(file(gates({ PodHostIPs: false })), "PodHostIPs=true"),
      "28 30 31",
      "28 30 31",
    ],
    [
      "a wrong value of a locked gate in a flag and the right one in the file",
      flag(file(gates({ NodeSwap: true })), "NodeSwap=false"),
      "34",
      "",
    ],
    ["a zero that a drop-in sets in a pointer field", dropIn({}, { memoryThrottlingFactor: 0 }), "28 29", ""],
    [
      "a zero that a drop-in sets in a field that is not a pointer",
      dropIn({}, { imageGCHighThresholdPercent: 0 }),
      "28 29",
      "28",
    ],
    [
      "an object that is invalid in the file, and that a drop-in replaces on 1.28",
      dropIn({ tracing: { samplingRatePerMillion: -1 } }, { tracing: { endpoint: "otel:4317" } }),
      "28 29 32",
      "28",
    ],
    [
      "a list element of a drop-in, which 1.29 to 1.31 decode over the file's invalid element",
      dropIn({ registerWithTaints: [{ key: "a", value: "-" }] }, { registerWithTaints: [{ key: "b" }] }),
      "28 31 32",
      "28 32",
    ],
    [
      "a number that is too large, in a field that no kubelet has",
      dropIn({}, { maxpods: 9 }, "1e400"),
      "28 29 32",
      "28",
    ],
    ["a drop-in that turns off the gate of a beta default", dropIn({}, gates({ AllBeta: false })), "34 35", "34"],
    ["a main file that turns off the gate of a beta default", dropIn(gates({ AllBeta: false }), {}), "34 35", "34 35"],
    [
      "serverTLSBootstrap and a gate that AllBeta turns off",
      file(gates({ AllBeta: false }, { serverTLSBootstrap: true })),
      "27 37",
      "",
    ],
    [
      "serverTLSBootstrap and a gate that is on by name though AllBeta is off",
      file(gates({ AllBeta: false, RotateKubeletServerCertificate: true }, { serverTLSBootstrap: true })),
      "27 37",
      "27 37",
    ],
  ])("%s", (_, state, minors, starting) => {
    expect(
      minors
        .split(" ")
        .filter((minor) => starts(state, `1.${minor}`))
        .join(" "),
    ).toBe(starting);
  });
});

describe("a setting that may stop a kubelet after its start adds a remark", () => {
  test.each<[fields: object, remark: RegExp | undefined]>([
    [{ kubeReserved: { cpu: "100m", pid: "5" } }, undefined],
    [{ kubeReserved: { gpu: "1" } }, /kubeReserved: gpu cannot be reserved/],
    [{ systemReserved: { memory: "-1" } }, /systemReserved: the value of memory/],
    [{ evictionHard: { "memory.available": "5%", "pid.available": "10" } }, undefined],
    [{ evictionHard: { "memory.available": "101%" } }, /evictionHard: memory\.available "101%"/],
    [{ evictionHard: { "memory.free": "5%" } }, /memory\.free is not a signal/],
    [{ evictionSoft: { "memory.available": "5%" } }, /evictionSoft memory\.available has no grace period/],
    [{ evictionSoft: { "memory.available": "5%" }, evictionSoftGracePeriod: { "memory.available": "1m" } }, undefined],
    [{ evictionMinimumReclaim: { "memory.available": "0Mi" } }, undefined],
    [{ evictionMinimumReclaim: { "memory.available": "-1" } }, /evictionMinimumReclaim: memory\.available "-1"/],
    [{ evictionSoftGracePeriod: { "memory.available": "-1m" } }, /evictionSoftGracePeriod: the period of memory/],
    [{ qosReserved: { memory: "10%" } }, /QOSReserved/],
    [gates({ QOSReserved: true }, { qosReserved: { cpu: "10%" } }), /accepts only memory, as a percentage/],
    [{ cpuManagerPolicy: "Static" }, /cpuManagerPolicy/],
    [{ memoryManagerPolicy: "static" }, /memoryManagerPolicy/],
    [{ configMapAndSecretChangeDetectionStrategy: "watch" }, /configMapAndSecretChangeDetectionStrategy/],
    [{ containerLogMaxSize: "10Mx" }, /containerLogMaxSize/],
    [{ containerLogMaxSize: "-1" }, undefined],
  ])("%j", (fields, remark) => {
    const { remarks } = started(file(fields));
    expect(remarks).toEqual(remark ? [expect.stringMatching(remark)] : []);
  });

  test.each([
    ["1.28", "aws", 0],
    ["1.29", "aws", 1],
    ["1.32", "other", 0],
    ["1.33", "other", 1],
    ["1.33", "external", 0],
  ])("Kubernetes %s with --cloud-provider=%s adds %i remarks", (version, provider, count) => {
    expect(started({ version, args: [`--cloud-provider=${provider}`] }).remarks).toHaveLength(count);
  });
});
