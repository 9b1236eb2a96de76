import { readFileSync } from "node:fs";
import type { Change } from "./node-tree.ts";

const sample = (path: string) => readFileSync(new URL(`nodes/bottlerocket-control/${path}`, import.meta.url), "utf8");

const report = "/run/api/cis-k8s-report.json";
const settings = "/run/api/settings-kubernetes.json";
const release = "/etc/bottlerocket-release";

/** States of a Bottlerocket node, as changes to the sample node bottlerocket-control. */
export const bottlerocketChanges = {
  standalone: {
    files: {
      [report]: sample("cis-k8s-report.standalone.json"),
      [settings]: sample(`rootfs${settings}`).replace('"standalone-mode": false', '"standalone-mode": true'),
    },
  },
  caMissing: { files: { [report]: sample("cis-k8s-report.ca-missing.json") } },
  tooOld: {
    files: { [report]: null, [release]: sample(`rootfs${release}`).replaceAll("1.26.1", "1.14.3") },
  },
} satisfies Readonly<Record<string, Change>>;
