import type { ASTNode } from "@marcbachmann/cel-js";
import { isObject } from "../go/json.ts";
import type { JsonObject, Member } from "../kubelet/configuration.ts";

/** The origin of the value, if the expression is a field of the kubelet such as kubelet.kubeReserved["memory"]. */
export function originOf(tree: ASTNode, configuration: JsonObject): string | undefined {
  const path = pathOf(tree);
  if (path === undefined) return undefined;
  let object: JsonObject | undefined = configuration;
  let member: Member | undefined;
  for (const name of path) {
    member = object?.members.find((each) => each.name === name);
    object = member && isObject(member.value) ? member.value : undefined;
  }
  // The entries of a map have origins of their own.
  return object === undefined ? member?.from.where : undefined;
}

function pathOf(tree: ASTNode): string[] | undefined {
  if (tree.op === "id") return tree.args === "kubelet" ? [] : undefined;
  if (tree.op !== "." && tree.op !== "[]") return undefined;
  const [holder, key] = tree.args;
  const path = pathOf(holder);
  if (typeof key === "string") return path && [...path, key];
  return path && key.op === "value" && typeof key.args === "string" ? [...path, key.args] : undefined;
}
