import { flagAt, listAt, textAt } from "../configuration.ts";
import type { Check } from "./check.ts";

/**
 * Checks of cgroups, which only Linux has.
 * Source: kubernetes pkg/kubelet/apis/config/validation ValidateKubeletConfiguration.
 */
export const cgroupChecks: readonly Check[] = [
  {
    name: "systemCgroups",
    complaints({ configuration }, complain) {
      const alone = textAt(configuration, "systemCgroups") !== "" && textAt(configuration, "cgroupRoot") === "";
      if (alone) complain("it needs cgroupRoot");
    },
  },
  {
    name: "enforceNodeAllocatable",
    complaints({ configuration, release }, complain) {
      const list = listAt(configuration, "enforceNodeAllocatable");
      const enforced = new Set(list);
      for (const what of enforced) {
        const options = release.minor >= 32 ? [...plainOptions, ...compressibleOptions] : plainOptions;
        if (!options.includes(what)) complain(`${JSON.stringify(what)} is not an option`);
        const [, owner] = /^(system|kube)-reserved/.exec(what) ?? [];
        if (owner && textAt(configuration, `${owner}ReservedCgroup`) === "")
          complain(`${what} needs ${owner}ReservedCgroup`);
        if (enforced.has(`${what}-compressible`)) complain(`${what} and ${what}-compressible exclude each other`);
      }
      if (list.length > 1 && enforced.has("none")) complain('"none" excludes all other options');
    },
  },
  {
    name: "enforceNodeAllocatable",
    since: 31,
    complaints({ configuration }, complain) {
      const enforced = listAt(configuration, "enforceNodeAllocatable");
      if (new Set(enforced).size < enforced.length) complain("it repeats an option");
    },
  },
  {
    name: "cgroupsPerQOS",
    complaints({ configuration, release }, complain) {
      const enforced = listAt(configuration, "enforceNodeAllocatable");
      const enforcing = release.minor <= 30 ? enforced : enforced.filter((what) => what !== "none");
      if (enforcing.length > 0 && !flagAt(configuration, "cgroupsPerQOS")) complain("enforceNodeAllocatable needs it");
    },
  },
];

const plainOptions = ["pods", "system-reserved", "kube-reserved", "none"];
const compressibleOptions = ["system-reserved-compressible", "kube-reserved-compressible"];
