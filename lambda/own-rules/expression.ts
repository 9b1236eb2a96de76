import type { ASTNode } from "@marcbachmann/cel-js";
import { line } from "../text.ts";
import { type CelEnvironment, type VariableName, variableNames } from "./environment.ts";
import {
  ExpressionError,
  messageOf,
  problemOf,
  refuseOrderOfTexts,
  sourceText,
  unknownFunction,
  unknownVariable,
} from "./expression-problems.ts";
import { compiledPattern, functionNames, replaced } from "./functions.ts";
import { type Meter, spend, stepsOf } from "./meter.ts";
import { NodeValue } from "./node-value.ts";
import { StructValue } from "./struct-value.ts";

/** Maximum characters of one expression. */
export const expressionLength = 4_000;

/** A checked CEL expression. */
export interface Expression {
  source: string;
  /** CEL type of the result. */
  type: string;
  /** The variables that it reads. */
  reads: ReadonlySet<VariableName>;
  tree: ASTNode;
  /** Evaluates the expression. `meter` counts the steps. */
  evaluate(variables: Variables): unknown;
}

/** The values of the variables. Reading one that is unknown throws Undetermined. */
export type Variables = Readonly<Record<VariableName, unknown>>;

/**
 * The parts of a syntax tree that the library does not describe in its types. Its own macros use them. A new version of
 * the library may change them; test/lambda/own-rules/compile.test.ts would then fail.
 */
interface InternalNode {
  op: ASTNode["op"];
  meta: { evaluate: Evaluate; alternate?: unknown; macro?: Macro };
  setMeta(key: "evaluate", value: Evaluate): unknown;
}
interface Evaluator {
  run(tree: ASTNode, context: unknown): unknown;
}
interface Checker {
  check(tree: ASTNode, context: unknown): unknown;
}
type Evaluate = (evaluator: Evaluator, tree: ASTNode, context: unknown) => unknown;
interface Macro {
  typeCheck(checker: Checker, macro: Macro, context: unknown): unknown;
  evaluate(evaluator: Evaluator, macro: Macro, context: unknown): unknown;
}

/** Parses an expression and checks its types. Throws ExpressionError. `meter` counts its steps when it is evaluated. */
export function compileExpression(source: string, cel: CelEnvironment, meter: Meter): Expression {
  if (source.length > expressionLength)
    throw new ExpressionError(`the expression has more than ${expressionLength} characters`);
  try {
    const parsed = cel.environment.parse(source);
    const reads = prepare(parsed.ast, meter);
    const { type = "dyn", error } = parsed.check();
    if (error) throw error;
    for (const node of nodesOf(parsed.ast)) {
      refuseOrderOfTexts(node);
      refuseFailingLiteral(node, cel);
    }
    return { source, type, reads, tree: parsed.ast, evaluate: (variables) => parsed(variables) };
  } catch (error) {
    throw problemOf(error, cel, source);
  }
}

/**
 * Prepares the tree of an expression: replaces functions and makes the evaluation count its steps. Returns the
 * variables that the expression reads.
 */
function prepare(tree: ASTNode, meter: Meter): Set<VariableName> {
  const nodes = [...nodesOf(tree)];
  const own = new Set(nodes.flatMap((node) => iterationVariable(node) ?? []));
  const reads = new Set<VariableName>();
  for (const node of nodes) {
    if (node.op === "id") {
      const variable = variableNames.find((name) => name === node.args);
      if (variable) reads.add(variable);
      else if (!own.has(node.args)) throw unknownVariable(node);
    }
    if (node.op === "call" || node.op === "rcall") prepareCall(node);
    if (node.op === "value") refuseUnsupported(node);
    if (node.op === "map") refuseRepeatedKeys(node);
    count(node as unknown as InternalNode, meter);
  }
  return reads;
}

/**
 * Rejects literals of bytes and uint. The library has wrong results for some of them, and no field or function here has
 * these types.
 */
function refuseUnsupported(node: ASTNode & { op: "value" }): void {
  if (typeof node.args !== "object" || node.args === null) return;
  throw new ExpressionError(`${sourceText(node)} has a type that rules cannot use; write a text or an int`, node.start);
}

/**
 * Rejects a map with a repeated key. The library uses the last value, but the specification calls the map an error.
 */
function refuseRepeatedKeys(node: ASTNode & { op: "map" }): void {
  const keys = new Set<unknown>();
  for (const [key] of node.args) {
    if (key.op !== "value") continue;
    if (keys.has(key.args)) throw new ExpressionError(`the map has the key ${String(key.args)} twice`, key.start);
    if (key.args === null) throw new ExpressionError("null cannot be a key", key.start);
    keys.add(key.args);
  }
}

function prepareCall(node: ASTNode & { op: "call" | "rcall" }): void {
  const [name] = node.args;
  if (!functionNames.some((known) => known === name)) throw unknownFunction(node, name);
  const { meta } = node as unknown as InternalNode;
  if (name === "has" && meta.macro) Object.assign(meta.macro, { evaluate: has, typeCheck: checkHas(meta.macro) });
  const [pattern] = node.op === "rcall" ? node.args[2] : [];
  if (name === "matches" && pattern?.op === "value" && typeof pattern.args === "string") {
    try {
      compiledPattern(pattern.args);
    } catch (error) {
      throw new ExpressionError(`${pattern.args} is not a regular expression of RE2: ${error}`, pattern.start);
    }
  }
  const replacement = replaced[name];
  if (replacement) node.args[0] = replacement;
}

/** Rejects a function of one literal that cannot have a result, for example duration("1d"). It would fail on every node. */
function refuseFailingLiteral(node: ASTNode, { environment }: CelEnvironment): void {
  if (node.op !== "call") return;
  const [argument, ...others] = node.args[1];
  if (argument?.op !== "value" || typeof argument.args !== "string" || others.length > 0) return;
  try {
    environment.evaluate(node.input.slice(node.start, node.end));
  } catch (error) {
    throw new ExpressionError(`${sourceText(node)} has no result: ${line(messageOf(error))}`, node.start);
  }
}

/** The library checks only the first name of has(a.b.c). This function checks that all of its fields exist. */
function checkHas({ typeCheck }: Macro): Macro["typeCheck"] {
  return (checker, macro, context) => {
    const type = typeCheck(checker, macro, context);
    checker.check(argumentOf(macro), context);
    return type;
  };
}

/** In the library, has() is true for a field with a zero value. Here it is true only if /configz shows the field. */
function has(evaluator: Evaluator, macro: Macro, context: unknown): boolean {
  const { op, args } = argumentOf(macro);
  if (op !== "." || typeof args[1] !== "string") throw new TypeError("has() needs a field.");
  const holder = evaluator.run(args[0], context);
  if (holder instanceof StructValue || holder instanceof NodeValue) return holder.isSet(args[1]);
  return holder instanceof Map && holder.has(args[1]);
}

function argumentOf(macro: Macro): ASTNode {
  return (macro as unknown as { args: [ASTNode] }).args[0];
}

/** The name of an iteration variable: the first argument of all, exists, exists_one, filter and map. */
function iterationVariable(node: ASTNode): string | undefined {
  if (node.op !== "rcall" || (node as unknown as InternalNode).meta.alternate === undefined) return undefined;
  const [first] = node.args[2];
  return first?.op === "id" ? first.args : undefined;
}

/**
 * Counts the steps of each evaluation of this part. A failed evaluation counts more steps, because creating an error
 * takes time.
 */
function count(node: InternalNode, meter: Meter): void {
  const { evaluate } = node.meta;
  node.setMeta("evaluate", (evaluator, tree, context) => {
    spend(meter, 1);
    try {
      const value = evaluate(evaluator, tree, context);
      if (isOverflow(value) && node.op !== "value") throw new RangeError("integer overflow");
      spend(meter, stepsOf(value) - 1);
      return value;
    } catch (error) {
      spend(meter, stepsOfError);
      throw error;
    }
  });
}

/**
 * Whether an integer exceeds 64 bits, which the library checks for some operations only. Literals are not checked,
 * because -9223372036854775808 is the negation of a literal that exceeds them.
 */
function isOverflow(value: unknown): boolean {
  return typeof value === "bigint" && BigInt.asIntN(64, value) !== value;
}

const stepsOfError = 20;

export function* nodesOf(node: ASTNode): Generator<ASTNode> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case "value":
    case "id":
      return [];
    case ".":
    case ".?":
      return [node.args[0]];
    case "call":
      return node.args[1];
    case "rcall":
      return [node.args[1], ...node.args[2]];
    case "map":
      return node.args.flat();
    case "!_":
    case "-_":
      return [node.args];
    default:
      return node.args;
  }
}
