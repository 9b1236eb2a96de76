import { z } from "zod";

/** The template is inconsistent, or uses a feature that local-aws does not support. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

/** Value of a property that CloudFormation removes. */
export const noValue = Symbol("AWS::NoValue");

/** Resolves references to parameters and resources. */
export interface References {
  ref(name: string): unknown;
  getAtt(logicalId: string, attribute: string): string;
}

export interface Intrinsics {
  /** Replaces the intrinsic functions in `value` by their results. */
  resolve(value: unknown): unknown;
  condition(expression: unknown): boolean;
}

const dictionary = z.record(z.string(), z.unknown());

/** The intrinsic functions of CloudFormation that the stacks use. Another function throws a TemplateError. */
export function intrinsics(
  references: References,
  conditions: Readonly<Record<string, unknown>>,
  mappings: Readonly<Record<string, Record<string, Record<string, unknown>>>> = {},
): Intrinsics {
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((each) => each !== noValue);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    const [[name, argument] = ["", undefined]] = entries;
    if (entries.length === 1 && (name === "Ref" || name.startsWith("Fn::"))) return call(name, argument);
    const resolved = entries.map(([key, child]) => [key, resolve(child)] as const);
    return Object.fromEntries(resolved.filter(([, child]) => child !== noValue));
  };

  const functions: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (name) => references.ref(text(name)),
    "Fn::GetAtt"(argument) {
      const [logicalId, attribute] = typeof argument === "string" ? argument.split(".") : list(argument);
      return references.getAtt(text(logicalId), text(attribute));
    },
    "Fn::Join"(argument) {
      const [separator, parts] = list(argument);
      return list(resolve(parts)).map(text).join(text(separator));
    },
    "Fn::Select"(argument) {
      const [index, from] = list(argument);
      return list(resolve(from))[Number(index)];
    },
    "Fn::Split"(argument) {
      const [separator, from] = list(argument);
      return text(resolve(from)).split(text(separator));
    },
    "Fn::If"(argument) {
      const [name, yes, no] = list(argument);
      return resolve(condition({ Condition: name }) ? yes : no);
    },
    "Fn::FindInMap"(argument) {
      const [map = "", row = "", column = ""] = list(resolve(argument)).map(text);
      const value = mappings[map]?.[row]?.[column];
      if (value === undefined) throw new TemplateError(`no mapping ${map}.${row}.${column}`);
      return value;
    },
    "Fn::Sub"(argument) {
      const [template, variables] = typeof argument === "string" ? [argument, {}] : list(argument);
      return substitute(text(template), dictionary.parse(resolve(variables)), references);
    },
  };
  const call = (name: string, argument: unknown): unknown => {
    const known = functions[name];
    if (known) return known(argument);
    throw new TemplateError(`local-aws does not support the intrinsic function ${name}`);
  };

  const conditionFunctions: Readonly<Record<string, (argument: unknown) => boolean>> = {
    Condition(name) {
      const named = conditions[text(name)];
      if (named === undefined) throw new TemplateError(`no condition ${name}`);
      return condition(named);
    },
    "Fn::Equals"(argument) {
      const [left, right] = list(resolve(argument));
      return left === right;
    },
    "Fn::Contains"(argument) {
      const [values, value] = list(argument).map(resolve);
      return list(values).includes(value);
    },
    "Fn::Not": (argument) => !list(argument).every(condition),
    "Fn::And": (argument) => list(argument).every(condition),
    "Fn::Or": (argument) => list(argument).some(condition),
  };
  const condition = (expression: unknown): boolean => {
    const [[name, argument] = ["", undefined]] = Object.entries(dictionary.parse(expression));
    const known = conditionFunctions[name];
    if (known) return known(argument);
    throw new TemplateError(`local-aws does not support the condition function ${name}`);
  };

  return { resolve, condition };
}

/** Replaces `${Name}` and `${Resource.Attribute}`. The escaped form `${!Literal}` becomes `${Literal}`. */
function substitute(template: string, variables: Readonly<Record<string, unknown>>, references: References): string {
  return template.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith("!")) return `\${${name.slice(1)}}`;
    if (name in variables) return text(variables[name]);
    const [logicalId = "", attribute] = name.split(".");
    return attribute ? references.getAtt(logicalId, attribute) : text(references.ref(name));
  });
}

export function text(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new TemplateError(`expected a string, found ${JSON.stringify(value)}`);
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new TemplateError(`expected a list, found ${JSON.stringify(value)}`);
}
