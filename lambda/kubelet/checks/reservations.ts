import { isObject } from "../../go/json.ts";
import { parseQuantity } from "../../go/quantity.ts";
import { type Json, jsonItems, textAt } from "../configuration.ts";
import { cpusIn } from "../cpu-list.ts";
import { isReservableMemory } from "../flag-grammars.ts";
import { isLabelValue, isQualifiedName, isTaintEffect } from "../names.ts";
import { type Check, memberOf, numberOf, textOf } from "./check.ts";

/**
 * Checks of taints, memory and CPUs.
 * Source: kubernetes pkg/kubelet/apis/config/validation ValidateKubeletConfiguration.
 */
export const reservationChecks: readonly Check[] = [
  {
    name: "registerWithTaints",
    *complaints({ configuration }) {
      for (const taint of jsonItems(configuration.get("registerWithTaints")?.value)) yield* taintComplaints(taint);
    },
  },
  {
    name: "reservedMemory",
    *complaints({ configuration }) {
      yield* reservedMemoryComplaints(jsonItems(configuration.get("reservedMemory")?.value));
    },
  },
  {
    name: "reservedSystemCPUs",
    *complaints({ configuration }) {
      const cpus = textAt(configuration, "reservedSystemCPUs");
      if (cpus === "") return;
      if (cpusIn(cpus) === undefined) yield `${JSON.stringify(cpus)} is not a list of CPUs`;
      const beside = ["systemReservedCgroup", "kubeReservedCgroup"].find((path) => textAt(configuration, path) !== "");
      if (beside) yield `it must not be set together with ${beside}`;
    },
  },
];

/** Source: kubernetes pkg/util/taints CheckTaintValidation. */
function* taintComplaints(taint: Json): Generator<string> {
  const [key, value, effect] = [textOf(taint, "key"), textOf(taint, "value"), textOf(taint, "effect")];
  if (!isQualifiedName(key)) yield `${JSON.stringify(key)} is not a qualified name`;
  if (!isLabelValue(value)) yield `${JSON.stringify(value)} is not a label value`;
  if (effect !== "" && !isTaintEffect(effect)) yield `${JSON.stringify(effect)} is not an effect`;
  if (memberOf(taint, "timeAdded") !== null) yield "timeAdded must not be set";
}

/** Source: kubernetes pkg/kubelet/apis/config/validation validateReservedMemoryConfiguration. */
function* reservedMemoryComplaints(reservations: readonly Json[]): Generator<string> {
  const seen = new Set<string>();
  for (const reservation of reservations) {
    const node = numberOf(reservation, "numaNode");
    const limits = memberOf(reservation, "limits");
    for (const { name, value } of isObject(limits) ? limits.members : []) {
      if (!isReservableMemory(name)) yield `${JSON.stringify(name)} is not a type of memory`;
      if (typeof value === "string" && parseQuantity(value)?.sign === 0) yield `the limit of ${name} is zero`;
      if (seen.has(`${node} ${name}`)) yield `${name} is repeated for NUMA node ${node}`;
      seen.add(`${node} ${name}`);
    }
  }
}
