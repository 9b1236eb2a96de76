import { isNumber, isObject } from "../../go/json.ts";
import type { FlagUse } from "../argv.ts";
import type { Configuration, Json } from "../configuration.ts";
import type { Release } from "../version.ts";

/** Input of a check. The configuration is the one after defaults, files and flags. */
export interface Checked {
  configuration: Configuration;
  release: Release;
  gateOn(name: string): boolean;
  flags: readonly FlagUse[];
  windows: boolean;
}

export type Complain = (complaint: string) => void;

/** A check of the kubelet, which exits if the check has a complaint. */
export interface Check {
  /** The field or flag that is checked. Each complaint starts with it. */
  name: string;
  /** First and last minor that has the check; unlimited if absent. */
  since?: number;
  until?: number;
  /** Calls `complain` with a sentence for each fault. */
  complaints(checked: Checked, complain: Complain): void;
}

/** The complaints of a list of checks, in the order of the list, each after the name of its check. */
export function complaintsOf(checks: readonly Check[], checked: Checked): readonly string[] {
  const { minor } = checked.release;
  const all: string[] = [];
  let current = "";
  const complain = (complaint: string) => all.push(`${current}: ${complaint}`);
  for (const { name, since = 0, until = Number.POSITIVE_INFINITY, complaints } of checks) {
    if (minor < since || minor > until) continue;
    current = name;
    complaints(checked, complain);
  }
  return all;
}

/** The text of a member; "" if the member is absent or not text. */
export function textOf(value: Json, name: string): string {
  const inner = memberOf(value, name);
  return typeof inner === "string" ? inner : "";
}

export function numberOf(value: Json, name: string): number {
  const inner = memberOf(value, name);
  return isNumber(inner) ? Number(inner.number) : 0;
}

export function memberOf(value: Json, name: string): Json {
  return isObject(value) ? (value.members.findLast((member) => member.name === name)?.value ?? null) : null;
}
