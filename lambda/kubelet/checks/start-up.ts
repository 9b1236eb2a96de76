import { cgroupChecks } from "./cgroups.ts";
import { type Checked, firstComplaint } from "./check.ts";
import { imageChecks } from "./images.ts";
import { loggingChecks } from "./logging.ts";
import { relationChecks } from "./relations.ts";
import { reservationChecks } from "./reservations.ts";
import { authorizationChecks, tlsChecks } from "./tls.ts";
import { valueChecks } from "./values.ts";

/** Why a kubelet with this configuration ends before it serves: the first complaint, in the kubelet's order. */
export function startUpComplaint(checked: Checked): string | undefined {
  // The defaults of cgroups differ on Windows, whose kubelet takes only "off".
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
