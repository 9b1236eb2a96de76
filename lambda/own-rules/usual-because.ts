import type { ASTNode } from "@marcbachmann/cel-js";
import { leaves } from "../kubelet/fields.ts";
import { type CelEnvironment, variableNames } from "./environment.ts";
import { compileExpression, type Expression, nodesOf } from "./expression.ts";
import type { Meter } from "./meter.ts";
import type { Template } from "./template.ts";

/** Maximum fields that the sentence names. */
const mostFields = 5;

/** The sentence of a rule without `because`: the fields that the expression reads, with their values. */
export function usualBecause({ tree, source }: Expression, cel: CelEnvironment, meter: Meter): Template {
  const paths = new Set(Array.from(nodesOf(tree), (node) => pathOf(node)?.join(".") ?? ""));
  const fields = [...paths]
    // A path that is the beginning of another path is not a value but the struct that holds it.
    .filter((path) => path.includes(".") && ![...paths].some((other) => other.startsWith(`${path}.`)))
    .map((path) => compileExpression(path, cel, meter))
    .filter(({ type }) => !cel.fieldsOf.has(type))
    .slice(0, mostFields);
  if (fields.length === 0) return { parts: [`The rule is: ${source.trim().replaceAll("\n", " ")}`] };
  const parts = fields.flatMap((field, index) => [`${index > 0 ? ", " : ""}${field.source} is `, field]);
  return { parts: [...parts, "."] };
}

/** The names of a field such as kubelet.authorization.mode or kubelet["maxPods"]. */
function pathOf(node: ASTNode): string[] | undefined {
  if (node.op === "id") return variableNames.some((name) => name === node.args) ? [node.args] : undefined;
  if (node.op !== "." && node.op !== "[]") return undefined;
  const [above, key] = node.args;
  const holder = pathOf(above);
  const name = typeof key === "string" ? key : key.op === "value" && isStruct(holder) ? key.args : undefined;
  return typeof name === "string" ? holder && [...holder, name] : undefined;
}

/** Whether a path names a struct. For an entry of a map the sentence shows the whole map, which may lack the key. */
function isStruct(path: readonly string[] = []): boolean {
  return !leaves.has(path.slice(1).join("."));
}
