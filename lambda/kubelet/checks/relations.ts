import { formatDuration } from "../../go/literals.ts";
import { durationAt, flagAt, jsonItems, jsonOf, textAt } from "../configuration.ts";
import { type Check, memberOf, numberOf } from "./check.ts";
import { isTracingEndpoint } from "./tracing-endpoint.ts";

/**
 * Checks of fields against each other and against feature gates.
 * Source: kubernetes pkg/kubelet/apis/config/validation ValidateKubeletConfiguration.
 */

const millisecond = 1_000_000n;
const second = 1_000_000_000n;

export const relationChecks: readonly Check[] = [
  {
    name: "cpuCFSQuotaPeriod",
    complaints({ configuration, gateOn }, complain) {
      const period = durationAt(configuration, "cpuCFSQuotaPeriod");
      const custom = gateOn("CustomCPUCFSQuotaPeriod");
      if (!custom && period !== 100n * millisecond)
        complain(`${formatDuration(period)} needs the gate CustomCPUCFSQuotaPeriod`);
      if (custom && (period < millisecond || period > second))
        complain(`${formatDuration(period)} is not between 1ms and 1s`);
    },
  },
  {
    name: "serverTLSBootstrap",
    complaints({ configuration, gateOn }, complain) {
      const needed = flagAt(configuration, "serverTLSBootstrap");
      if (needed && !gateOn("RotateKubeletServerCertificate"))
        complain("it needs the gate RotateKubeletServerCertificate");
    },
  },
  {
    name: "shutdownGracePeriod",
    complaints({ configuration, gateOn }, complain) {
      const [whole, critical] = shutdownPeriods.map((path) => durationAt(configuration, path));
      if (whole === undefined || critical === undefined) return;
      if (!gateOn("GracefulNodeShutdown")) {
        if (whole > 0n || critical > 0n) complain("it needs the gate GracefulNodeShutdown");
        return;
      }
      for (const period of [whole, critical]) {
        if (period !== 0n && period < second) complain(`${formatDuration(period)} is neither zero nor at least 1s`);
      }
      if (critical > whole) complain("it is shorter than shutdownGracePeriodCriticalPods");
    },
  },
  {
    name: "shutdownGracePeriodByPodPriority",
    complaints({ configuration, gateOn }, complain) {
      if (jsonItems(configuration.get("shutdownGracePeriodByPodPriority")?.value).length === 0) return;
      if (!gateOn("GracefulNodeShutdownBasedOnPodPriority"))
        complain("it needs the gate GracefulNodeShutdownBasedOnPodPriority");
      if (shutdownPeriods.some((path) => durationAt(configuration, path) > 0n))
        complain("shutdownGracePeriod is set as well");
    },
  },
  {
    name: "memorySwap.swapBehavior",
    complaints({ configuration, release, gateOn }, complain) {
      const behavior = textAt(configuration, "memorySwap.swapBehavior");
      const other = release.minor <= 29 ? "UnlimitedSwap" : "NoSwap";
      if (behavior !== "" && !gateOn("NodeSwap")) complain("it needs the gate NodeSwap");
      if (!["", "LimitedSwap", other].includes(behavior))
        complain(`${JSON.stringify(behavior)} is not a swap behavior`);
    },
  },
  {
    name: "crashLoopBackOff.maxContainerRestartPeriod",
    since: 32,
    complaints({ configuration, gateOn }, complain) {
      const period = configuration.get("crashLoopBackOff.maxContainerRestartPeriod")?.value;
      const gate = "KubeletCrashLoopBackOffMax";
      if (!gateOn(gate) && period !== undefined) complain(`it must not be set while the gate ${gate} is off`);
      if (gateOn(gate) && period === undefined) complain(`it must be set while the gate ${gate} is on`);
      if (gateOn(gate) && typeof period === "bigint" && !isWithinMilliseconds(period, 1_000n, 300_000n)) {
        complain(`${formatDuration(period)} is not between 1s and 300s`);
      }
    },
  },
  {
    name: "tracing",
    complaints({ configuration, release, gateOn }, complain) {
      const tracing = jsonOf(configuration.get("tracing")?.value);
      if (tracing === undefined || tracing === null) return;
      if (release.minor <= 33 && !gateOn("KubeletTracing")) complain("it needs the gate KubeletTracing");
      const rate = numberOf(tracing, "samplingRatePerMillion");
      if (rate < 0 || rate > 1_000_000) complain(`samplingRatePerMillion ${rate} is not between 0 and 1000000`);
      const endpoint = memberOf(tracing, "endpoint");
      if (typeof endpoint === "string" && !isTracingEndpoint(endpoint, release.minor)) {
        complain(`${JSON.stringify(endpoint)} is not an endpoint`);
      }
    },
  },
  {
    name: "memoryThrottlingFactor",
    until: 36,
    complaints({ configuration, gateOn }, complain) {
      if (gateOn("MemoryQoS") && !configuration.has("memoryThrottlingFactor")) complain("the gate MemoryQoS needs it");
    },
  },
  {
    name: "memoryReservationPolicy",
    since: 36,
    complaints({ configuration, gateOn }, complain) {
      const tiered = textAt(configuration, "memoryReservationPolicy") === "TieredReservation";
      if (tiered && !gateOn("MemoryQoS")) complain("TieredReservation needs the gate MemoryQoS");
    },
  },
  {
    name: "enableSystemLogQuery",
    complaints({ configuration, gateOn }, complain) {
      if (!flagAt(configuration, "enableSystemLogQuery")) return;
      if (!gateOn("NodeLogQuery")) complain("it needs the gate NodeLogQuery");
      if (!flagAt(configuration, "enableSystemLogHandler")) complain("it needs enableSystemLogHandler");
    },
  },
];

const shutdownPeriods = ["shutdownGracePeriod", "shutdownGracePeriodCriticalPods"];

/**
 * Whether a duration, truncated to whole milliseconds, is within the bounds. Go's Duration.Milliseconds truncates, too.
 */
function isWithinMilliseconds(value: bigint, least: bigint, most: bigint): boolean {
  return value / millisecond >= least && value / millisecond <= most;
}
