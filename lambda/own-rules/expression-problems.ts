import type { ASTNode } from "@marcbachmann/cel-js";
import { leaves } from "../kubelet/fields.ts";
import { line, listed, nearest, quoted } from "../text.ts";
import { type CelEnvironment, variableNames } from "./environment.ts";
import { functionNames, replaced } from "./functions.ts";

/** An expression is not valid. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  /** Index in the expression. */
  readonly at: number;
  constructor(message: string, at = 0) {
    super(message);
    this.at = at;
  }
}

export function unknownFunction({ start }: ASTNode, name: string): ExpressionError {
  const meant = nearest(name, functionNames);
  const suggestion = meant ? `did you mean ${meant}?` : "docs/own-rules.md lists the functions";
  return new ExpressionError(`unknown function ${quoted(name)}; ${suggestion}`, start);
}

export function unknownVariable({ start, args }: ASTNode & { op: "id" }): ExpressionError {
  const meant = nearest(args, variableNames) ?? (leaves.has(args) ? `kubelet.${args}` : undefined);
  const suggestion = meant ? `did you mean ${meant}?` : `the variables are ${listed(variableNames)}`;
  return new ExpressionError(`unknown variable ${quoted(args)}; ${suggestion}`, start);
}

/** The library's errors: a code, a message without the source, and the part of the tree that it is about. */
interface LibraryError extends Error {
  code: string;
  summary: string;
  node?: ASTNode;
  range?: { start: number };
}

/** Converts an error of parsing or checking to one with a suggestion. */
export function problemOf(error: unknown, cel: CelEnvironment): ExpressionError {
  if (error instanceof ExpressionError) return error;
  if (error instanceof RangeError) return new ExpressionError("the expression is nested too deeply");
  // An example is an operator on an element of [], whose type is unknown.
  if (!isLibraryError(error))
    return new ExpressionError(
      `its types cannot be checked: ${original(error instanceof Error ? error.message : String(error))}`,
    );
  const at = error.range?.start ?? 0;
  const { node, summary } = error;
  if (error.name === "ParseError") return new ExpressionError(`this is not a CEL expression: ${summary}`, at);
  const problem = node && (fieldProblem(error, node, cel) ?? typeProblem(error, node));
  return new ExpressionError(problem ?? original(summary), at);
}

function isLibraryError(error: unknown): error is LibraryError {
  return error instanceof Error && "code" in error && "summary" in error;
}

/** The library's message, in which the functions have the names that rules.yaml uses. */
export function original(message: string): string {
  return Object.entries(replaced).reduce((text, [name, replacement]) => text.replaceAll(replacement, name), message);
}

function fieldProblem({ code }: LibraryError, node: ASTNode, { fieldsOf }: CelEnvironment): string | undefined {
  if (code !== "no_such_key" || (node.op !== "." && node.op !== "[]")) return undefined;
  const [holder, key] = node.args;
  const name = typeof key === "string" ? key : key.op === "value" ? String(key.args) : "";
  const text = holder.input.slice(holder.start, holder.end);
  const fields = fieldsOf.get(typeOfNode(holder)) ?? [];
  return `${text} has no field ${quoted(name)}; ${suggested(name, text, fields)}`;
}

function suggested(name: string, holder: string, fields: readonly string[]): string {
  const elsewhere = holder.startsWith("kubelet") ? pathOf(name) : undefined;
  const meant = nearest(name, fields);
  if (elsewhere !== undefined && !meant) return `did you mean kubelet.${elsewhere}?`;
  return meant ? `did you mean ${holder}.${meant}?` : `its fields are ${listed(fields, { most: 10 })}`;
}

/** The path of a field of this name somewhere in the configuration. */
function pathOf(name: string): string | undefined {
  const paths = new Map([...leaves.keys()].map((path) => [path.split(".").at(-1) ?? path, path]));
  const meant = nearest(name, [...paths.keys()]);
  return meant && paths.get(meant);
}

/** The result of the type check. The library's types do not describe it. */
function typeOfNode(node: ASTNode): string {
  return (node as unknown as { checkedType?: { name: string } }).checkedType?.name ?? "dyn";
}

/** Problem of an operator with operands whose types do not fit. */
function typeProblem({ code }: LibraryError, node: ASTNode): string | undefined {
  if (code !== "no_such_overload" || !Array.isArray(node.args) || node.args.length !== 2) return undefined;
  const [left, right] = node.args as [ASTNode, ASTNode];
  const [one, other] = [typeOfNode(left), typeOfNode(right)];
  const hint = hintOf(left, right) ?? hintOf(right, left);
  const shown = ({ input, start, end }: ASTNode) => line(input.slice(start, end));
  return `${shown(left)} is of type ${one} and ${shown(right)} of type ${other}, so "${node.op}" cannot be applied${hint ? `; ${hint}` : ""}`;
}

function hintOf(one: ASTNode, other: ASTNode): string | undefined {
  const [type, theirs] = [typeOfNode(one), typeOfNode(other)];
  const text = one.input.slice(one.start, one.end);
  if (theirs === "int" && type === "string" && one.op === "value" && /^-?\d+$/.test(String(one.args)))
    return `write ${one.args} without quotes`;
  if (type !== "string" || one.op === "value") return undefined;
  if (theirs === "google.protobuf.Duration") return `write duration(${text})`;
  if (theirs === "quantity") return `write quantity(${text}), and compare with isLessThan() or isGreaterThan()`;
  if (theirs === "int") return `write int(${text}), or for text with a unit quantity(${text}) or duration(${text})`;
  if (theirs === "bool") return `write ${text} == "true"`;
  return undefined;
}
