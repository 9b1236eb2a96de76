import type { ASTNode } from "@marcbachmann/cel-js";
import { leaves } from "../kubelet/fields.ts";
import { listed, nearest, quoted, statement } from "../text.ts";
import { type CelEnvironment, variableNames } from "./environment.ts";
import { functionNames, replaced } from "./functions.ts";
import { nodeFields } from "./node-value.ts";

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

/** Names of size() in other languages. */
const namesOfSize = ["length", "len", "count"];

export function unknownFunction({ start }: ASTNode, name: string): ExpressionError {
  const meant = namesOfSize.includes(name) ? "size" : nearest(name, functionNames);
  const suggestion = meant ? `did you mean ${meant}?` : "docs/own-rules.md lists the functions";
  return new ExpressionError(`unknown function ${quoted(name)}; ${suggestion}`, start);
}

export function unknownVariable({ start, args }: ASTNode & { op: "id" }): ExpressionError {
  const meant =
    nearest(args, variableNames) ??
    (leaves.has(args) ? `kubelet.${args}` : undefined) ??
    (Object.hasOwn(nodeFields, args) ? `node.${args}` : undefined) ??
    ["true", "false", "null"].find((literal) => literal === args.toLowerCase());
  const suggestion = meant
    ? `did you mean ${meant}?`
    : `the variables are ${listed(variableNames)}, and a text needs quotes`;
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
export function problemOf(error: unknown, cel: CelEnvironment, source: string): ExpressionError {
  if (error instanceof ExpressionError) return error;
  if (error instanceof RangeError) return new ExpressionError("the expression is nested too deeply");
  // An example is an operator on an element of [], whose type is unknown.
  if (!isLibraryError(error)) return new ExpressionError(`its types cannot be checked: ${messageOf(error)}`);
  const at = error.range?.start ?? 0;
  const { node, summary } = error;
  if (error.name === "ParseError")
    return new ExpressionError(`this is not a CEL expression: ${summary}${habitIn(source, at)}`, at);
  const problem = node && (fieldProblem(error, node, cel) ?? indexProblem(error, node) ?? typeProblem(error, node));
  return new ExpressionError(problem ?? original(summary), at);
}

/** Forms of other languages, and what to write in CEL. */
const habits: readonly (readonly [form: RegExp, hint: string])[] = [
  [/\d(ns|us|ms|s|m|h|d)\b/, 'write a duration as duration("30s")'],
  [/\d([KMGTPE]i?|k)\b/, 'write a quantity as quantity("500Mi")'],
  [/\b(and|or|not)\b/i, 'write "&&", "||" or "!"'],
  [/=[<>]/, 'write "<=" or ">="'],
  [/<>/, 'write "!="'],
  [/(^|[^=!<>])=([^=]|$)/, 'write "==" to compare'],
];

/** The hint for a form of another language at the place where the parser stopped; empty if there is none. */
function habitIn(source: string, at: number): string {
  const around = source.slice(Math.max(at - 4, 0), at + 3);
  const [, hint] = habits.find(([form]) => form.test(around)) ?? [];
  return hint ? `; ${hint}` : "";
}

function isLibraryError(error: unknown): error is LibraryError {
  return error instanceof Error && "code" in error && "summary" in error;
}

/** The message of an error of evaluation, with a fix where the value exists on some nodes only. */
export function messageOf(error: unknown): string {
  if (!isLibraryError(error)) return original(error instanceof Error ? error.message : String(error));
  const { code, summary, node } = error;
  const detail = summary.slice(summary.indexOf(": ") + 2);
  switch (code) {
    case "no_such_key":
      return `a map has no key ${quoted(detail)}; test it first: ${quoted(detail)} in …`;
    case "index_out_of_bounds": {
      const list = node?.op === "[]" ? sourceText(node.args[0]) : "a list";
      return `${list} has no element ${/index (-?\d+)/.exec(detail)?.[1]}; test its size() first`;
    }
    case "invalid_duration":
      return `${quoted(detail === "''" ? "" : detail)} is not a duration`;
    case "bool_conversion_error":
      return `${detail.replace("invalid string value ", "")} is not a bool`;
    case "int_conversion_error":
      return "the argument of int() is not a whole number";
    case "double_conversion_error":
      return "the argument of double() is not a number";
    case "no_such_overload":
      return `the operator does not fit the types of its values: ${original(detail)}`;
    default:
      return original(summary);
  }
}

/** The library's message, in which the functions have the names that rules.yaml uses. */
function original(message: string): string {
  const named = Object.entries(replaced).reduce((text, [name, own]) => text.replaceAll(own, name), message);
  return named.replaceAll("`", '"');
}

function fieldProblem({ code }: LibraryError, node: ASTNode, { fieldsOf }: CelEnvironment): string | undefined {
  if (code !== "no_such_key" || (node.op !== "." && node.op !== "[]")) return undefined;
  const [holder, key] = node.args;
  const name = typeof key === "string" ? key : key.op === "value" ? String(key.args) : "";
  const text = sourceText(holder);
  const fields = fieldsOf.get(typeOfNode(holder)) ?? [];
  return `${text} has no field ${quoted(name)}; ${suggested(name, text, fields)}`;
}

/** Problem of reading a field of a value that has no fields. */
function indexProblem({ code }: LibraryError, node: ASTNode): string | undefined {
  if (node.op !== "." || (code !== "cannot_index_type" && code !== "invalid_index_type")) return undefined;
  const [holder, name] = node.args;
  const text = sourceText(holder);
  if (namesOfSize.includes(name)) return `${text} has no field ${quoted(name)}; use size()`;
  const key =
    holder.op === "." && isMap(holder.args[0])
      ? `${sourceText(holder.args[0])}[${quoted(`${holder.args[1]}.${name}`)}]`
      : undefined;
  return `${text} is of type ${typeOfNode(holder)}, which has no fields${key ? `; if the key contains a point, write ${key}` : ""}`;
}

function isMap(node: ASTNode): boolean {
  return typeOfNode(node).startsWith("map<");
}

/** A part of an expression. Its operators stay readable, because rules are text of the user and not of a node. */
export function sourceText({ input, start, end }: ASTNode): string {
  return statement(input.slice(start, end));
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

/** Problem of an operator or a function with operands whose types do not fit. */
function typeProblem({ code }: LibraryError, node: ASTNode): string | undefined {
  if (code === "no_matching_overload" && node.op === "rcall" && node.args[0] === "contains" && node.args[2][0])
    return `contains() is for texts; write ${sourceText(node.args[2][0])} in ${sourceText(node.args[1])}`;
  if (code !== "no_such_overload" || !Array.isArray(node.args) || node.args.length !== 2) return undefined;
  const [left, right] = node.args as [ASTNode, ASTNode];
  const [one, other] = [typeOfNode(left), typeOfNode(right)];
  const hint = hintOf(left, right, node.op) ?? hintOf(right, left, node.op);
  return `${sourceText(left)} is of type ${one} and ${sourceText(right)} of type ${other}, so "${node.op}" cannot be applied${hint ? `; ${hint}` : ""}`;
}

function hintOf(one: ASTNode, other: ASTNode, operator: string): string | undefined {
  const [type, theirs] = [typeOfNode(one), typeOfNode(other)];
  const text = sourceText(one);
  if (type === "quantity" && theirs === "quantity") return "compare quantities with isLessThan() or isGreaterThan()";
  if (operator === "in" && type === "string" && theirs === "string")
    return `write ${sourceText(other)}.contains(${text})`;
  const literal = one.op === "value" && type === "string" ? String(one.args) : undefined;
  if (
    literal &&
    ((theirs === "int" && /^-?\d+$/.test(literal)) || (theirs === "bool" && /^(true|false)$/.test(literal)))
  )
    return `write ${literal} without quotes`;
  if (type !== "string" || literal !== undefined) return undefined;
  if (theirs === "google.protobuf.Duration") return `write duration(${text})`;
  if (theirs === "quantity") return `write quantity(${text}), and compare with isLessThan() or isGreaterThan()`;
  if (theirs === "int")
    return `write int(${text}); if the text has a unit, write quantity(${text}) or duration(${text})`;
  if (theirs === "bool") return `write ${text} == "true"`;
  return undefined;
}

/**
 * Rejects <, <=, > and >= on a text of the kubelet's configuration. Such a text is a duration or a quantity, and as a
 * text "1Gi" is less than "500Mi".
 */
export function refuseOrderOfTexts(node: ASTNode): void {
  if (!["<", "<=", ">", ">="].includes(node.op)) return;
  const field = (node.args as [ASTNode, ASTNode]).find(
    (operand) => isOfKubelet(operand) && typeOfNode(operand) === "string",
  );
  if (field === undefined) return;
  const text = sourceText(field);
  throw new ExpressionError(
    `${text} is a text, and "${node.op}" compares texts letter by letter; write duration(${text}), or quantity(${text}) with isLessThan() or isGreaterThan()`,
    node.start,
  );
}

function isOfKubelet(node: ASTNode): boolean {
  if (node.op === "id") return node.args === "kubelet";
  return (node.op === "." || node.op === "[]") && isOfKubelet(node.args[0]);
}
