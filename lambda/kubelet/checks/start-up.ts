import { cgroupChecks } from "./cgroups.ts";
import { type Check, type Checked, complaintsOf } from "./check.ts";
import { imageChecks } from "./images.ts";
import { loggingChecks } from "./logging.ts";
import { relationChecks } from "./relations.ts";
import { reservationChecks } from "./reservations.ts";
import { authorizationChecks, tlsChecks } from "./tls.ts";
import { valueChecks } from "./values.ts";

const before: readonly Check[] = [
  ...loggingChecks,
  ...valueChecks,
  ...reservationChecks,
  ...imageChecks,
  ...relationChecks,
];
const after: readonly Check[] = [...tlsChecks, ...authorizationChecks];

/**
 * All checks, in the kubelet's order. On Windows the cgroup defaults differ, and the kubelet accepts only switched-off
 * cgroups.
 */
const checks = { linux: [...before, ...cgroupChecks, ...after], windows: [...before, ...after] };

/** The first complaint with which a kubelet exits before it serves; undefined if none. */
export function startUpComplaint(checked: Checked): string | undefined {
  return complaintsOf(checks[checked.windows ? "windows" : "linux"], checked)[0];
}
