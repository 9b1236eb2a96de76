import { describe, expect, test } from "vitest";
import { cpusIn } from "../../../lambda/kubelet/cpu-list.ts";
import type { WholeConfiguration } from "../../../lambda/kubelet/whole.ts";
import { config, type NodeState, resolved, started, withDropIns, withFile } from "./node.ts";

function wholeOf(node: NodeState): WholeConfiguration {
  const { whole } = started(node);
  if (whole === undefined) throw new Error("there is no whole configuration");
  return whole;
}

const layers: NodeState = {
  args: [...withDropIns, "--kube-reserved=cpu=2", "--eviction-soft=memory.available<1Gi"],
  files: {
    "/etc/config.json": config({
      maxPods: 20,
      evictionHard: { "memory.available": "1Gi", "nodefs.available": "5%" },
      kubeReserved: { cpu: "1" },
      evictionSoftGracePeriod: { "memory.available": "1m" },
    }),
    "/etc/d": { kind: "directory" },
    "/etc/d/a.conf": config({ maxpods: 30, evictionHard: { "memory.available": "2Gi" } }),
  },
};

describe("every field has its origin and the declarations that it overrode", () => {
  test.each([
    ["maxPods", 30, "/etc/d/a.conf", ["/etc/config.json: 20"]],
    ["evictionHard.memory.available", "2Gi", "/etc/d/a.conf", ["/etc/config.json: 1Gi"]],
    ["evictionHard.nodefs.available", "5%", "/etc/config.json", []],
    ["kubeReserved.cpu", "2", "--kube-reserved=cpu=2", ["/etc/config.json: 1"]],
    ["evictionSoft.memory.available", "1Gi", "--eviction-soft=memory.available<1Gi", []],
    ["hairpinMode", "promiscuous-bridge", "the kubelet's default with a config file", []],
    ["tlsCertFile", "/var/lib/kubelet/pki/kubelet.crt", "the kubelet's own certificate in --cert-dir", []],
  ])("%s", (name, value, where, losers) => {
    const setting = wholeOf(layers).settings().get(name);
    expect(setting).toMatchObject({ value, from: { where } });
    expect(setting?.overrode.map((loser) => `${loser.where}: ${loser.value}`)).toEqual(losers);
  });
});

test("a drop-in of 1.29 to 1.31 does not override resolvConf, because the internal type lacks that name", () => {
  const node = (version: string): NodeState => ({
    version,
    args: withDropIns,
    files: {
      "/etc/config.json": config({ resolvConf: "/etc/a" }),
      "/etc/d": { kind: "directory" },
      "/etc/d/a.conf": config({ resolvConf: "/etc/b" }),
    },
  });
  const settingOn = (version: string) => wholeOf(node(version)).settings().get("resolvConf");
  expect(settingOn("1.31")).toMatchObject({ value: "/etc/a", from: { layer: "file" }, overrode: [] });
  expect(settingOn("1.32")).toMatchObject({ value: "/etc/b", overrode: [{ value: "/etc/a" }] });
});

test("a drop-in of 1.29 to 1.31 sets resolvConf by the name of the internal type", () => {
  const whole = wholeOf({
    version: "1.31",
    args: [...withDropIns, "--resolv-conf=/etc/c"],
    files: {
      "/etc/config.json": config({ resolvConf: "/etc/a" }),
      "/etc/d": { kind: "directory" },
      "/etc/d/a.conf": config({ resolverConfig: "/etc/b" }),
    },
  });
  const overrode = [{ value: "/etc/b" }, { value: "/etc/a" }];
  expect(whole.settings().get("resolvConf")).toMatchObject({ value: "/etc/c", overrode });
});

test("a drop-in with `logging` in wrong letter case still sets vmodule, because the base omits an empty list", () => {
  const vmodule = [{ filePattern: "a", verbosity: 1 }];
  const whole = (version: string) =>
    wholeOf({
      version,
      args: withDropIns,
      files: {
        "/etc/config.json": config(),
        "/etc/d": { kind: "directory" },
        "/etc/d/a.conf": config({ LOGGING: { vmodule, verbosity: 2 } }),
      },
    });
  for (const version of ["1.30", "1.34"]) {
    expect(whole(version).configz()).toMatchObject({ logging: { vmodule, verbosity: 0 } });
  }
});

const ofFile = { numaNode: 0, limits: { memory: "1Gi" } };
const ofFlag = { numaNode: 1, limits: { memory: "2Gi" } };

test.each<[title: string, args: string[], served: object]>([
  ["an empty --reserved-memory keeps the file's value", ["--reserved-memory="], { reservedMemory: [ofFile] }],
  [
    "an empty --reserved-memory keeps the value of an earlier --reserved-memory",
    ["--reserved-memory=1:memory=2Gi", "--reserved-memory="],
    { reservedMemory: [ofFlag] },
  ],
  [
    "the NUMA node of --reserved-memory is a number of 32 bits",
    ["--reserved-memory=4294967297:memory=2Gi"],
    { reservedMemory: [ofFlag] },
  ],
  [
    "a repeated --manifest-url-header adds values to a name",
    ["--manifest-url-header=a:1,a:2", "--manifest-url-header=a:3,b:4"],
    { staticPodURLHeader: { a: ["1", "2", "3"], b: ["4"] } },
  ],
  [
    "a list flag has only the values of its first line",
    ["--cluster-dns=\n10.0.0.1,10.0.0.2\r\nc"],
    { clusterDNS: ["10.0.0.1", "10.0.0.2"] },
  ],
  [
    "a quoted value of a list flag may have several lines",
    ['--cluster-dns="a\r\nb",c\r'],
    { clusterDNS: ["a\nb", "c"] },
  ],
  [
    "a boolean flag of a library takes the next flag as its value",
    ["--log-cadvisor-usage", "--max-pods=9"],
    { maxPods: 20 },
  ],
  [
    "the flags after the value of a library's boolean flag take effect",
    ["--log-cadvisor-usage", "--max-pods=9", "--pods-per-core=3"],
    { maxPods: 20, podsPerCore: 3 },
  ],
])("%s", (_, args, served) => {
  const files = { "/etc/config.json": config({ maxPods: 20, reservedMemory: [ofFile] }) };
  expect(wholeOf({ args: [...withFile, ...args], files }).configz()).toMatchObject(served);
});

test("without a config file, a library's boolean flag does not take the next flag as its value", () => {
  expect(wholeOf({ args: ["--log-cadvisor-usage", "--max-pods=9"] }).configz()).toMatchObject({ maxPods: 9 });
});

test("from 1.35 on a remark explains that the container runtime decides on cgroupDriver", () => {
  const remarksOn = (version: string) =>
    wholeOf({ version, args: withFile, files: { "/etc/config.json": config() } }).remarks();
  expect(remarksOn("1.34")).toEqual([]);
  expect(remarksOn("1.35")).toEqual([expect.stringContaining("cgroupDriver")]);
});

test.each([
  ["1.28", { "X-A": ["a"], "X-B": ["b"] }],
  ["1.29", { "X-A": ["a"], "X-B": ["b"] }],
  ["1.31", { "X-A": ["a"], "X-B": ["b"] }],
  ["1.32", { "X-B": ["b"] }],
  ["1.37", { "X-B": ["b"] }],
])("%s: a drop-in with null for one name of staticPodURLHeader", (version, staticPodURLHeader) => {
  const node: NodeState = {
    version,
    args: withDropIns,
    files: {
      "/etc/config.json": config({ staticPodURLHeader: { "X-A": ["a"] } }),
      "/etc/d": { kind: "directory" },
      "/etc/d/a.conf": config({ staticPodURLHeader: { "X-A": null, "X-B": ["b"] } }),
    },
  };
  expect(wholeOf(node).configz()).toHaveProperty("staticPodURLHeader", staticPodURLHeader);
});

test.each<[title: string, main: { evictionHard?: object }, memory: string]>([
  ["after a file without evictionHard, a later drop-in keeps the thresholds", {}, "2Gi"],
  ["after a file with evictionHard, it resets them", { evictionHard: { "pid.available": "5%" } }, "100Mi"],
])("1.28: %s of an earlier one", (_, main, memory) => {
  const node: NodeState = {
    version: "1.28",
    args: withDropIns,
    files: {
      "/etc/config.json": config(main),
      "/etc/d": { kind: "directory" },
      "/etc/d/a.conf": config({ evictionHard: { "memory.available": "2Gi" } }),
      "/etc/d/b.conf": config({ maxPods: 20 }),
    },
  };
  expect(wholeOf(node).configz()).toMatchObject({
    maxPods: 20,
    evictionHard: {
      ...main.evictionHard,
      "memory.available": memory,
      "nodefs.available": "10%",
      "nodefs.inodesFree": "5%",
      "imagefs.available": "15%",
    },
  });
});

test("fields that the collector withholds are shown as withheld, each with a remark", () => {
  const fields = { staticPodURL: "https://withheld", staticPodURLHeader: { withheld: ["withheld"] } };
  const whole = wholeOf({ args: withFile, files: { "/etc/config.json": config(fields) } });
  expect(whole.configz()).toMatchObject(fields);
  expect(whole.remarks()).toEqual([
    expect.stringContaining('staticPodURL is shown as "withheld"'),
    expect.stringContaining('staticPodURLHeader is shown as "withheld"'),
  ]);
});

test("1.37 has no default for memoryThrottlingFactor", () => {
  const configz = (version: string) =>
    wholeOf({ version, args: withFile, files: { "/etc/config.json": config() } }).configz();
  expect(configz("1.36")).toHaveProperty("memoryThrottlingFactor", 0.9);
  expect(configz("1.37")).not.toHaveProperty("memoryThrottlingFactor");
});

test.each([
  ["without a version, on which defaults depend", { version: "" }],
  ["on Windows, whose defaults are not in the tables", { osId: "windows" }],
])("there is no whole configuration %s", (_, state) => {
  const resolution = resolved(state);
  expect(resolution).toHaveProperty("kubelet");
  expect(resolution).not.toHaveProperty("kubelet.whole");
});

test.each([
  ["0-3,8", 5n],
  ["3", 1n],
  ["0-3,2-5,5", 6n],
  ["8,0-1", 3n],
  ["0-9223372036854775807", 9_223_372_036_854_775_808n],
  ["3-1", undefined],
  ["a", undefined],
])("the CPU list %j has %s CPUs", (list, count) => {
  expect(cpusIn(list)).toBe(count);
});
