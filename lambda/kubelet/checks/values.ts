import { formatDuration } from "../../go/literals.ts";
import { durationAt, jsonOf, numberAt, textAt } from "../configuration.ts";
import { type Check, memberOf, numberOf } from "./check.ts";

/**
 * Checks of one field by itself.
 * Source: kubernetes pkg/kubelet/apis/config/validation ValidateKubeletConfiguration.
 */

const second = 1_000_000_000n;

interface Range {
  path: string;
  least: number;
  most?: number;
}

const ranges: readonly Range[] = [
  ...["eventBurst", "eventRecordQPS", "registryPullQPS", "registryBurst", "kubeAPIQPS", "kubeAPIBurst"],
  ...["maxOpenFiles", "maxPods", "podsPerCore"],
]
  .map((path): Range => ({ path, least: 0 }))
  .concat([
    { path: "nodeStatusMaxImages", least: -1 },
    { path: "nodeLeaseDurationSeconds", least: 1 },
    { path: "oomScoreAdj", least: -1_000, most: 1_000 },
    { path: "port", least: 1, most: 65_535 },
    { path: "healthzPort", least: 0, most: 65_535 },
    { path: "readOnlyPort", least: 0, most: 65_535 },
    { path: "iptablesDropBit", least: 0, most: 31 },
    { path: "iptablesMasqueradeBit", least: 0, most: 31 },
    { path: "imageGCHighThresholdPercent", least: 0, most: 100 },
    { path: "imageGCLowThresholdPercent", least: 0, most: 100 },
  ]);

const inRange = ranges.map(
  ({ path, least, most = Number.POSITIVE_INFINITY }): Check => ({
    name: path,
    complaints({ configuration }, complain) {
      const value = numberAt(configuration, path);
      if (value < least || value > most) complain(`${value} is out of range`);
    },
  }),
);

interface Choice {
  path: string;
  allowed: readonly string[];
  since?: number;
}

/** Names are case-sensitive: "Restricted" is not a policy. */
const choices: readonly Choice[] = [
  { path: "topologyManagerPolicy", allowed: ["none", "best-effort", "restricted", "single-numa-node"] },
  { path: "topologyManagerScope", allowed: ["container", "pod"] },
  { path: "hairpinMode", allowed: ["none", "hairpin-veth", "promiscuous-bridge"] },
  { path: "memoryReservationPolicy", allowed: ["None", "TieredReservation"], since: 36 },
];

export function amongChoices({ path, allowed, since = 0 }: Choice): Check {
  return {
    name: path,
    since,
    complaints({ configuration }, complain) {
      const value = textAt(configuration, path);
      if (!allowed.includes(value)) complain(`${JSON.stringify(value)} is not one of ${allowed.join(", ")}`);
    },
  };
}

export const valueChecks: readonly Check[] = [
  ...inRange,
  ...choices.map(amongChoices),
  {
    name: "imageMinimumGCAge",
    since: 36,
    complaints({ configuration }, complain) {
      if (durationAt(configuration, "imageMinimumGCAge") < 0n) complain("it is negative");
    },
  },
  {
    name: "runOnce",
    since: 32,
    complaints({ configuration }, complain) {
      if (configuration.get("runOnce")?.value === true) complain("it is no longer supported");
    },
  },
  {
    name: "userNamespaces.idsPerPod",
    since: 33,
    complaints({ configuration }, complain) {
      const namespaces = jsonOf(configuration.get("userNamespaces")?.value) ?? null;
      if (memberOf(namespaces, "idsPerPod") === null) return;
      const ids = numberOf(namespaces, "idsPerPod");
      if (ids < idsOfOnePod || ids % idsOfOnePod !== 0 || ids > mostIds)
        complain(`${ids} is not a number of ids for a pod`);
    },
  },
  {
    name: "showHiddenMetricsForVersion",
    complaints({ configuration, release }, complain) {
      const version = textAt(configuration, "showHiddenMetricsForVersion");
      if (version !== "" && version !== `1.${release.actual - 1}`) complain("it must be the previous minor or empty");
    },
  },
  {
    name: "memoryThrottlingFactor",
    complaints({ configuration }, complain) {
      const factor = configuration.get("memoryThrottlingFactor")?.value;
      if (typeof factor === "number" && (factor <= 0 || factor > 1)) complain(`${factor} is not above 0 and at most 1`);
    },
  },
  {
    name: "containerRuntimeEndpoint",
    complaints({ configuration }, complain) {
      if (textAt(configuration, "containerRuntimeEndpoint") === "") complain("it is empty");
    },
  },
  {
    name: "containerLogMaxWorkers",
    since: 30,
    complaints({ configuration }, complain) {
      if (numberAt(configuration, "containerLogMaxWorkers") < 1) complain("it is below 1");
    },
  },
  {
    name: "containerLogMonitorInterval",
    since: 30,
    complaints({ configuration }, complain) {
      const interval = durationAt(configuration, "containerLogMonitorInterval");
      if (interval < 3n * second) complain(`${formatDuration(interval)} is below 3s`);
    },
  },
  {
    name: "containerLogMaxFiles",
    since: 33,
    complaints({ configuration }, complain) {
      if (numberAt(configuration, "containerLogMaxFiles") <= 1) complain("it is not above 1");
    },
  },
  {
    name: "podLogsDir",
    since: 30,
    complaints({ configuration, windows }, complain) {
      const directory = textAt(configuration, "podLogsDir");
      if (directory === "") complain("it is empty");
      // Not checked on Windows. Paths have other separators there, and it is unknown which of them the kubelet accepts.
      else if (!windows && !isCleanPath(directory)) complain(`${JSON.stringify(directory)} is not absolute and clean`);
      if (/[\u0080-\uffff]/.test(directory)) complain("it has characters beyond ASCII");
    },
  },
];

/** Number of ids in one user namespace. */
const idsOfOnePod = 65_536;
const mostIds = 4_294_967_295;

/** Whether a path is absolute and Go's filepath.Clean would not change it. */
function isCleanPath(path: string): boolean {
  return path === "/" || /^(\/(?!\.{1,2}(\/|$))[^/]+)+$/.test(path);
}
