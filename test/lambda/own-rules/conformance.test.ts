import { isDeepStrictEqual } from "node:util";
import { tests } from "@bufbuild/cel-spec/testdata/conformance.js";
import { expect, test } from "vitest";
import { createEnvironment } from "../../../lambda/own-rules/environment.ts";
import { compileExpression, type Variables } from "../../../lambda/own-rules/expression.ts";
import { ExpressionError } from "../../../lambda/own-rules/expression-problems.ts";

/** A test of the CEL specification (testdata/simple), with its value in protobuf's JSON. */
interface SimpleTest {
  name?: string;
  expr: string;
  typeEnv?: unknown;
  bindings?: unknown;
  disableCheck?: boolean;
  value?: Json;
  evalError?: unknown;
  typedResult?: { result?: Json };
}
type Json = Readonly<Record<string, unknown>>;
interface Suite {
  name: string;
  tests?: { original: SimpleTest }[];
  suites?: Suite[];
}

const error = "an error";

/** The tests that define no variables, by suite and name. */
const all = new Map(casesOf(tests as Suite).filter(([, { typeEnv, bindings }]) => !typeEnv && !bindings));

function casesOf({ name, tests: own = [], suites = [] }: Suite): [string, SimpleTest][] {
  const inner = suites.flatMap(casesOf);
  return [...own.map(({ original }): [string, SimpleTest] => [original.name ?? original.expr, original]), ...inner].map(
    ([path, one]) => [`${name}/${path}`, one],
  );
}

const meter = { left: 0 };
const cel = createEnvironment(meter);

/** The result, or the reason why the expression is rejected when it is checked. */
function resultOf({ expr }: SimpleTest): { value: unknown } | { rejected: string } {
  meter.left = 100_000;
  try {
    const { evaluate } = compileExpression(expr, cel, meter);
    try {
      return { value: evaluate({} as Variables) };
    } catch {
      return { value: error };
    }
  } catch (problem) {
    if (problem instanceof ExpressionError) return { rejected: problem.message };
    throw problem;
  }
}

function expected({ value, typedResult, evalError }: SimpleTest): unknown {
  const result = value ?? typedResult?.result;
  if (result) return decoded(result);
  return evalError ? error : true;
}

function decoded(json: Json): unknown {
  const { int64Value, doubleValue, listValue, mapValue } = json as Record<string, string | Json | undefined>;
  if (typeof int64Value === "string") return BigInt(int64Value);
  if (doubleValue !== undefined) return Number(doubleValue);
  if ("nullValue" in json) return null;
  if (typeof listValue === "object") return ((listValue.values ?? []) as Json[]).map(decoded);
  if (typeof mapValue === "object")
    return new Map(
      ((mapValue.entries ?? []) as { key: Json; value: Json }[]).map(({ key, value }) => [
        decoded(key),
        decoded(value),
      ]),
    );
  return json.boolValue ?? json.stringValue ?? json;
}

/** The value with a Map in place of each plain object. The library returns map literals as plain objects. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, plain(each)]));
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return new Map(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return value;
}

/** Differences from the specification. */
const known = new Set([
  // Durations of more than 10,000 years are accepted.
  ...["from_string_under", "from_string_over", "add_under", "add_over", "sub_under", "sub_over"].map(
    (name) => `conformance/timestamps/duration_range/${name}`,
  ),
  // The smallest double that is an int is accepted.
  "conformance/conversions/int/double_int_min_range",
  // A loop over the keys of a literal is an error if the keys are not text.
  "conformance/macros/exists_one/map_one",
]);

test("each expression of the specification's tests has the specified result, or is rejected when it is checked", () => {
  const differing = [...all].filter(([, one]) => {
    const result = resultOf(one);
    return "value" in result && !isDeepStrictEqual(plain(result.value), expected(one));
  });
  expect(new Set(differing.map(([name]) => name))).toEqual(known);
});

test("577 of the 2,201 tests use only the supported part of CEL", () => {
  const judged = [...all.values()].filter((one) => "value" in resultOf(one)).length;
  expect([all.size, judged]).toEqual([2201, 577]);
});
