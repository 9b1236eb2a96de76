import { isObject } from "../../go/json.ts";
import { parseQuantity } from "../../go/quantity.ts";
import { type Json, jsonItems, textAt } from "../configuration.ts";
import { cpusIn } from "../cpu-list.ts";
import { isReservableMemory } from "../flag-grammars.ts";
import { isLabelValue, isQualifiedName, isTaintEffect } from "../names.ts";
import { type Check, type Complain, memberOf, numberOf, textOf } from "./check.ts";

/**
 * Checks of taints, memory and CPUs.
 * Source: kubernetes pkg/kubelet/apis/config/validation ValidateKubeletConfiguration.
 */
export const reservationChecks: readonly Check[] = [
  {
    name: "registerWithTaints",
    complaints({ configuration }, complain) {
      for (const taint of jsonItems(configuration.get("registerWithTaints")?.value)) taintComplaints(taint, complain);
    },
  },
  {
    name: "reservedMemory",
    complaints({ configuration }, complain) {
      reservedMemoryComplaints(jsonItems(configuration.get("reservedMemory")?.value), complain);
    },
  },
  {
    name: "reservedSystemCPUs",
    complaints({ configuration }, complain) {
      const cpus = textAt(configuration, "reservedSystemCPUs");
      if (cpus === "") return;
      if (cpusIn(cpus) === undefined) complain(`${JSON.stringify(cpus)} is not a list of CPUs`);
      const beside = ["systemReservedCgroup", "kubeReservedCgroup"].find((path) => textAt(configuration, path) !== "");
      if (beside) complain(`it must not be set together with ${beside}`);
    },
  },
];

/** Source: kubernetes pkg/util/taints CheckTaintValidation. */
function taintComplaints(taint: Json, complain: Complain): void {
  const [key, value, effect] = [textOf(taint, "key"), textOf(taint, "value"), textOf(taint, "effect")];
  if (!isQualifiedName(key)) complain(`${JSON.stringify(key)} is not a qualified name`);
  if (!isLabelValue(value)) complain(`${JSON.stringify(value)} is not a label value`);
  if (effect !== "" && !isTaintEffect(effect)) complain(`${JSON.stringify(effect)} is not an effect`);
  if (memberOf(taint, "timeAdded") !== null) complain("timeAdded must not be set");
}

/** Source: kubernetes pkg/kubelet/apis/config/validation validateReservedMemoryConfiguration. */
function reservedMemoryComplaints(reservations: readonly Json[], complain: Complain): void {
  const seen = new Set<string>();
  for (const reservation of reservations) {
    const node = numberOf(reservation, "numaNode");
    const limits = memberOf(reservation, "limits");
    for (const { name, value } of isObject(limits) ? limits.members : []) {
      if (!isReservableMemory(name)) complain(`${JSON.stringify(name)} is not a type of memory`);
      if (typeof value === "string" && parseQuantity(value)?.sign === 0) complain(`the limit of ${name} is zero`);
      if (seen.has(`${node} ${name}`)) complain(`${name} is repeated for NUMA node ${node}`);
      seen.add(`${node} ${name}`);
    }
  }
}
