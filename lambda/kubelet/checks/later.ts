import { parseDuration } from "../../go/literals.ts";
import { parseQuantity } from "../../go/quantity.ts";
import { entriesBelow, numberAt, textAt } from "../configuration.ts";
import { lastText } from "../flags.ts";
import type { Check, Checked, Complain } from "./check.ts";
import { amongChoices } from "./values.ts";

/**
 * Checks that stop a kubelet after it has registered its configuration. They come from reading the source and were not
 * compared with a running kubelet. A complaint is therefore a remark on the node and not a refusal.
 * Sources: kubernetes cmd/kubelet/app/server.go parseResourceList, pkg/kubelet/eviction/helpers.go
 * ParseThresholdConfig, pkg/kubelet/cm ParseQOSReserved, pkg/kubelet/logs NewContainerLogManager.
 */
export const laterChecks: readonly Check[] = [
  ...["kubeReserved", "systemReserved"].map(
    (path): Check => ({ name: path, complaints: (checked, complain) => reservations(path, checked, complain) }),
  ),
  ...["evictionHard", "evictionSoft", "evictionMinimumReclaim"].map(
    (path): Check => ({ name: path, complaints: (checked, complain) => thresholds(path, checked, complain) }),
  ),
  {
    name: "evictionSoftGracePeriod",
    complaints({ configuration }, complain) {
      const periods = new Map(entriesBelow(configuration, "evictionSoftGracePeriod"));
      for (const [signal, { value }] of periods) {
        const period = typeof value === "string" ? parseDuration(value) : undefined;
        if (period === undefined || period < 0n) complain(`the period of ${signal} is not a duration of zero or more`);
      }
      for (const [signal] of entriesBelow(configuration, "evictionSoft")) {
        if (!periods.has(signal)) complain(`evictionSoft ${signal} has no grace period`);
      }
    },
  },
  {
    name: "qosReserved",
    complaints({ configuration, gateOn }, complain) {
      const reserved = entriesBelow(configuration, "qosReserved");
      if (reserved.length > 0 && !gateOn("QOSReserved")) complain("it needs the gate QOSReserved");
      for (const [resource, { value }] of reserved) {
        if (resource !== "memory" || typeof value !== "string" || !isPercentage(value))
          complain("it accepts only memory, as a percentage such as 50%");
      }
    },
  },
  amongChoices({ path: "cpuManagerPolicy", allowed: ["none", "static"] }),
  amongChoices({ path: "memoryManagerPolicy", allowed: ["None", "Static"] }),
  amongChoices({ path: "configMapAndSecretChangeDetectionStrategy", allowed: ["Get", "Cache", "Watch"] }),
  {
    name: "containerLogMaxFiles",
    until: 32,
    complaints({ configuration }, complain) {
      if (numberAt(configuration, "containerLogMaxFiles") <= 1) complain("it is not above 1");
    },
  },
  {
    name: "containerLogMaxSize",
    complaints({ configuration }, complain) {
      const size = parseQuantity(textAt(configuration, "containerLogMaxSize"));
      if (size === undefined || !size.integral) complain("it is not a whole number of bytes");
    },
  },
  {
    name: "--cloud-provider",
    since: 33,
    complaints: ({ flags }, complain) => cloudProvider(flags, ["", "external"], complain),
  },
  {
    name: "--cloud-provider",
    since: 29,
    until: 32,
    complaints({ flags, gateOn }, complain) {
      const provider = lastText(flags, "cloud-provider");
      if (formerProviders.includes(provider) && gateOn("DisableCloudProviders"))
        complain(`${provider} was removed from the kubelet`);
    },
  },
];

const formerProviders = ["aws", "azure", "gce", "openstack", "vsphere"];

function cloudProvider(flags: Checked["flags"], allowed: readonly string[], complain: Complain): void {
  const provider = lastText(flags, "cloud-provider");
  if (!allowed.includes(provider)) complain(`${JSON.stringify(provider)} is neither empty nor external`);
}

function reservations(path: string, { configuration }: Checked, complain: Complain): void {
  for (const [resource, { value }] of entriesBelow(configuration, path)) {
    const quantity = typeof value === "string" ? parseQuantity(value) : undefined;
    if (!["cpu", "memory", "ephemeral-storage", "pid"].includes(resource)) complain(`${resource} cannot be reserved`);
    if (quantity === undefined || quantity.sign < 0)
      complain(`the value of ${resource} is not a quantity of zero or more`);
  }
}

const signals = [
  "memory.available",
  "allocatableMemory.available",
  "pid.available",
  ...["nodefs", "imagefs", "containerfs"].flatMap((file) => [`${file}.available`, `${file}.inodesFree`]),
];

function thresholds(path: string, { configuration }: Checked, complain: Complain): void {
  for (const [signal, { value }] of entriesBelow(configuration, path)) {
    const text = typeof value === "string" ? value : "";
    const quantity = text.endsWith("%") ? undefined : parseQuantity(text);
    const least = path === "evictionMinimumReclaim" ? 0 : 1;
    const enough = quantity !== undefined && quantity.sign >= least;
    if (!signals.includes(signal)) complain(`${signal} is not a signal`);
    if (!enough && !isPercentage(text))
      complain(`${signal} ${JSON.stringify(text)} is neither a percentage nor a quantity`);
  }
}

function isPercentage(text: string): boolean {
  const digits = /^\+?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)%$/.exec(text)?.[1];
  return digits !== undefined && Number(digits) <= 100;
}
