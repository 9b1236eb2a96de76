import { formatDuration } from "../../go/values.ts";
import { durationAt, flagAt, jsonItems, jsonOf, listAt, numberAt, textAt } from "../configuration.ts";
import { type Check, memberOf, numberOf } from "./check.ts";
import { isImagePattern } from "./image-pattern.ts";
import { isTracingEndpoint } from "./tracing-endpoint.ts";
import { isCpuList, isWithinMilliseconds } from "./values.ts";

/**
 * Checks of fields against each other and against feature gates.
 * Source: kubernetes pkg/kubelet/apis/config/validation ValidateKubeletConfiguration.
 */

const millisecond = 1_000_000n;
const second = 1_000_000_000n;

export const relationChecks: readonly Check[] = [
  {
    name: "imageGCLowThresholdPercent",
    *complaints({ configuration }) {
      const low = numberAt(configuration, "imageGCLowThresholdPercent");
      const high = numberAt(configuration, "imageGCHighThresholdPercent");
      if (low >= high) yield `${low} is not below imageGCHighThresholdPercent ${high}`;
    },
  },
  {
    name: "imageMaximumGCAge",
    since: 29,
    *complaints({ configuration, gateOn }) {
      const most = durationAt(configuration, "imageMaximumGCAge");
      const least = durationAt(configuration, "imageMinimumGCAge");
      if (most !== 0n && !gateOn("ImageMaximumGCAge")) yield "it needs the gate ImageMaximumGCAge";
      if (most < 0n) yield "it is negative";
      if (most > 0n && most <= least) yield `${formatDuration(most)} is not above imageMinimumGCAge`;
    },
  },
  {
    name: "cpuCFSQuotaPeriod",
    *complaints({ configuration, gateOn }) {
      const period = durationAt(configuration, "cpuCFSQuotaPeriod");
      const custom = gateOn("CustomCPUCFSQuotaPeriod");
      if (!custom && period !== 100n * millisecond)
        yield `${formatDuration(period)} needs the gate CustomCPUCFSQuotaPeriod`;
      if (custom && (period < millisecond || period > second))
        yield `${formatDuration(period)} is not within 1ms and 1s`;
    },
  },
  {
    name: "maxParallelImagePulls",
    *complaints({ configuration }) {
      const pulls = configuration.get("maxParallelImagePulls")?.value;
      if (typeof pulls !== "number") return;
      if (pulls < 1) yield `${pulls} is not positive`;
      if (pulls > 1 && flagAt(configuration, "serializeImagePulls")) yield `${pulls} needs serializeImagePulls false`;
    },
  },
  {
    name: "serverTLSBootstrap",
    *complaints({ configuration, gateOn }) {
      const needed = flagAt(configuration, "serverTLSBootstrap");
      if (needed && !gateOn("RotateKubeletServerCertificate")) yield "it needs the gate RotateKubeletServerCertificate";
    },
  },
  {
    name: "shutdownGracePeriod",
    *complaints({ configuration, gateOn }) {
      const [whole, critical] = shutdownPeriods.map((path) => durationAt(configuration, path));
      if (whole === undefined || critical === undefined) return;
      for (const period of [whole, critical]) {
        if (period !== 0n && period < second) yield `${formatDuration(period)} is neither zero nor at least 1s`;
      }
      if (critical > whole) yield "shutdownGracePeriodCriticalPods is longer";
      if ((whole > 0n || critical > 0n) && !gateOn("GracefulNodeShutdown"))
        yield "it needs the gate GracefulNodeShutdown";
    },
  },
  {
    name: "shutdownGracePeriodByPodPriority",
    *complaints({ configuration, gateOn }) {
      if (jsonItems(configuration.get("shutdownGracePeriodByPodPriority")?.value).length === 0) return;
      if (!gateOn("GracefulNodeShutdownBasedOnPodPriority"))
        yield "it needs the gate GracefulNodeShutdownBasedOnPodPriority";
      if (shutdownPeriods.some((path) => durationAt(configuration, path) > 0n))
        yield "shutdownGracePeriod is set as well";
    },
  },
  {
    name: "memorySwap.swapBehavior",
    *complaints({ configuration, release, gateOn }) {
      const behavior = textAt(configuration, "memorySwap.swapBehavior");
      const other = release.minor <= 29 ? "UnlimitedSwap" : "NoSwap";
      if (behavior !== "" && !gateOn("NodeSwap")) yield "it needs the gate NodeSwap";
      if (!["", "LimitedSwap", other].includes(behavior)) yield `${JSON.stringify(behavior)} does not exist`;
    },
  },
  {
    name: "crashLoopBackOff.maxContainerRestartPeriod",
    since: 32,
    *complaints({ configuration, gateOn }) {
      const period = configuration.get("crashLoopBackOff.maxContainerRestartPeriod")?.value;
      const gate = "KubeletCrashLoopBackOffMax";
      if (!gateOn(gate) && period !== undefined) yield `it must not be set while the gate ${gate} is off`;
      if (gateOn(gate) && period === undefined) yield `it must be set while the gate ${gate} is on`;
      if (gateOn(gate) && typeof period === "bigint" && !isWithinMilliseconds(period, 1_000n, 300_000n)) {
        yield `${formatDuration(period)} is not within 1s and 300s`;
      }
    },
  },
  {
    name: "imagePullCredentialsVerificationPolicy",
    since: 33,
    *complaints({ configuration, gateOn }) {
      const policy = textAt(configuration, "imagePullCredentialsVerificationPolicy");
      const images = listAt(configuration, "preloadedImagesVerificationAllowlist");
      if (!gateOn("KubeletEnsureSecretPulledImages")) {
        if (policy !== "" || images.length > 0) yield "it must not be set while KubeletEnsureSecretPulledImages is off";
        return;
      }
      if (!verificationPolicies.includes(policy)) yield `${JSON.stringify(policy)} is not a policy`;
      if (images.length > 0 && policy !== "NeverVerifyAllowlistedImages")
        yield "only NeverVerifyAllowlistedImages takes a list";
      for (const image of images) if (!isImagePattern(image)) yield `${JSON.stringify(image)} is not an image pattern`;
    },
  },
  {
    name: "reservedSystemCPUs",
    *complaints({ configuration }) {
      const cpus = textAt(configuration, "reservedSystemCPUs");
      if (cpus === "") return;
      if (!isCpuList(cpus)) yield `${JSON.stringify(cpus)} is not a list of CPUs`;
      const beside = ["systemReservedCgroup", "kubeReservedCgroup"].find((path) => textAt(configuration, path) !== "");
      if (beside) yield `it cannot stand beside ${beside}`;
    },
  },
  {
    name: "tracing",
    *complaints({ configuration, release, gateOn }) {
      const tracing = jsonOf(configuration.get("tracing")?.value);
      if (tracing === undefined || tracing === null) return;
      if (release.minor <= 33 && !gateOn("KubeletTracing")) yield "it needs the gate KubeletTracing";
      const rate = numberOf(tracing, "samplingRatePerMillion");
      if (rate < 0 || rate > 1_000_000) yield `samplingRatePerMillion ${rate} is not within 0 and 1000000`;
      const endpoint = memberOf(tracing, "endpoint");
      if (typeof endpoint === "string" && !isTracingEndpoint(endpoint, release.minor)) {
        yield `${JSON.stringify(endpoint)} is not an endpoint`;
      }
    },
  },
  {
    name: "memoryThrottlingFactor",
    until: 36,
    *complaints({ configuration, gateOn }) {
      if (gateOn("MemoryQoS") && !configuration.has("memoryThrottlingFactor")) yield "the gate MemoryQoS needs it";
    },
  },
  {
    name: "memoryReservationPolicy",
    since: 36,
    *complaints({ configuration, gateOn }) {
      const tiered = textAt(configuration, "memoryReservationPolicy") === "TieredReservation";
      if (tiered && !gateOn("MemoryQoS")) yield "TieredReservation needs the gate MemoryQoS";
    },
  },
  {
    name: "enableSystemLogQuery",
    *complaints({ configuration, gateOn }) {
      if (!flagAt(configuration, "enableSystemLogQuery")) return;
      if (!gateOn("NodeLogQuery")) yield "it needs the gate NodeLogQuery";
      if (!flagAt(configuration, "enableSystemLogHandler")) yield "it needs enableSystemLogHandler";
    },
  },
];

const shutdownPeriods = ["shutdownGracePeriod", "shutdownGracePeriodCriticalPods"];

const verificationPolicies = [
  "NeverVerify",
  "NeverVerifyPreloadedImages",
  "NeverVerifyAllowlistedImages",
  "AlwaysVerify",
];
