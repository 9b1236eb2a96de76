import { cgroupChecks } from "./cgroups.ts";
import { type Checked, firstComplaint } from "./check.ts";
import { imageChecks } from "./images.ts";
import { loggingChecks } from "./logging.ts";
import { relationChecks } from "./relations.ts";
import { reservationChecks } from "./reservations.ts";
import { authorizationChecks, tlsChecks } from "./tls.ts";
import { valueChecks } from "./values.ts";

/** The first complaint, in the kubelet's order, with which a kubelet exits before it serves; undefined if none. */
export function startUpComplaint(checked: Checked): string | undefined {
  // On Windows the cgroup defaults differ, and the kubelet accepts only switched-off cgroups.
  const cgroups = checked.windows ? [] : cgroupChecks;
  const groups = [
    loggingChecks,
    [...valueChecks, ...reservationChecks, ...imageChecks, ...relationChecks, ...cgroups],
    tlsChecks,
    authorizationChecks,
  ];
  for (const group of groups) {
    const complaint = firstComplaint(group, checked);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}
