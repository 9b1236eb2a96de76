import { quoted } from "../text.ts";
import type { CelEnvironment } from "./environment.ts";
import { compileExpression, type Expression, type Variables } from "./expression.ts";
import { ExpressionError } from "./expression-problems.ts";
import type { Meter } from "./meter.ts";
import { plainValue } from "./plain-value.ts";

/** A text with expressions in braces. */
export interface Template {
  parts: readonly (string | Expression)[];
}

/** Maximum expressions in one text. */
const mostExpressions = 10;

/** Parses a text such as "maxPods is {kubelet.maxPods}". Doubled braces stand for a brace. Throws ExpressionError. */
export function compileTemplate(text: string, cel: CelEnvironment, meter: Meter): Template {
  const parts: (string | Expression)[] = [];
  let literal = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if ((character === "{" || character === "}") && text[at + 1] === character) {
      literal += character;
      at += 1;
    } else if (character === "}") throw new ExpressionError('write "}}" for a brace, or "{" before the expression', at);
    else if (character === "{") {
      const end = endOfExpression(text, at);
      parts.push(literal, compilePart(text.slice(at + 1, end), at + 1, cel, meter));
      literal = "";
      at = end;
    } else literal += character;
  }
  if (parts.length / 2 > mostExpressions) throw new ExpressionError(`write at most ${mostExpressions} expressions`);
  return { parts: [...parts, literal] };
}

function compilePart(source: string, at: number, cel: CelEnvironment, meter: Meter): Expression {
  try {
    const expression = compileExpression(source, cel, meter);
    if (cel.fieldsOf.has(expression.type))
      throw new ExpressionError(
        `${source} has fields; write one of them, for example {${source}.${cel.fieldsOf.get(expression.type)?.[0]}}`,
      );
    return expression;
  } catch (error) {
    throw error instanceof ExpressionError ? new ExpressionError(error.message, at + error.at) : error;
  }
}

/** The index of the brace that ends the expression. Braces in literals of maps and texts do not end it. */
function endOfExpression(text: string, start: number): number {
  let depth = 0;
  let quote = "";
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quote !== "") {
      if (character === "\\") at += 1;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === "{") depth += 1;
    else if (character === "}") depth -= 1;
    if (depth === 0) return at;
  }
  throw new ExpressionError('an expression has no closing "}"', start);
}

/**
 * The text with values. An expression that cannot be evaluated is shown as unknown, because the verdict does not depend
 * on it.
 */
export function render({ parts }: Template, variables: Variables): string {
  return parts.map((part) => (typeof part === "string" ? part : shown(part, variables))).join("");
}

function shown(expression: Expression, variables: Variables): string {
  try {
    return quoted(plainValue(expression.evaluate(variables)));
  } catch {
    return "unknown";
  }
}
