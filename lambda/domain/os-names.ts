import type { OsFamily } from "./node.ts";

/** Operating systems of nodes, as pages and terminals show them. */
export const osNames: Readonly<Record<OsFamily, string>> = {
  al2: "Amazon Linux 2",
  al2023: "Amazon Linux 2023",
  bottlerocket: "Bottlerocket",
  ubuntu: "Ubuntu",
  windows: "Windows",
  linux: "Linux",
};
