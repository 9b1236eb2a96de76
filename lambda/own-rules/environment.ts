import { Environment } from "@marcbachmann/cel-js/evaluator";
import { type Field, type LeafField, root, type StructField } from "../kubelet/fields.ts";
import { type QuantityValue, registerFunctions } from "./functions.ts";
import type { Meter } from "./meter.ts";
import { NodeValue, nodeFields } from "./node-value.ts";
import { StructValue } from "./struct-value.ts";

/** The variables of expressions. */
export const variableNames = ["kubelet", "argv", "node"] as const;
export type VariableName = (typeof variableNames)[number];

/**
 * Limits of one expression while it is parsed. Source: the CEL specification asks implementations for at least 32
 * levels and 32 repetitions of an operator.
 */
const limits = { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 500, maxMapEntries: 500, maxCallArguments: 10 };

type StructClass = new (...values: ConstructorParameters<typeof StructValue>) => StructValue;

/** Types and functions of expressions. */
export interface CelEnvironment {
  environment: Environment;
  /** The class of each struct. CEL recognises the type of a value by its class. */
  classes: ReadonlyMap<StructField, StructClass>;
  /** The fields of each type by the type's name. */
  fieldsOf: ReadonlyMap<string, readonly string[]>;
}

export function createEnvironment(meter: Meter): CelEnvironment {
  const environment = new Environment({ limits });
  const classes = new Map<StructField, StructClass>();
  const fieldsOf = new Map<string, readonly string[]>();
  const addStruct = (name: string, type: StructField): string => {
    const fields = type.fields.map((field) => [field.name, typeOf(field, `${name}.${field.name}`)] as const);
    const ctor = class extends StructValue {};
    environment.registerType(name, { ctor, fields: Object.fromEntries(fields) });
    classes.set(type, ctor);
    fieldsOf.set(name, [...type.byName.keys()]);
    return name;
  };
  const typeOf = (field: Field, name: string): string => {
    if ("fields" in field) return addStruct(name, field);
    const one = field.object ? addStruct(name, field.object) : scalars[field.kind];
    return shaped(one, field);
  };
  addStruct("kubelet", root);
  environment.registerType("node", { ctor: NodeValue, fields: nodeFields });
  fieldsOf.set("node", Object.keys(nodeFields));
  registerFunctions(environment, meter);
  environment.registerOperator("quantity == quantity", (one: QuantityValue, other: QuantityValue) => {
    return one.billionths === other.billionths;
  });
  environment.registerVariable("kubelet", "kubelet");
  environment.registerVariable("node", "node");
  environment.registerVariable("argv", "list<string>");
  return { environment, classes, fieldsOf };
}

/** Durations, quantities and times are text, as in /configz; duration() and quantity() convert them. */
const scalars: Readonly<Record<LeafField["kind"], string>> = {
  bool: "bool",
  string: "string",
  int32: "int",
  int64: "int",
  uint32: "int",
  float64: "double",
  duration: "string",
  timeOrDuration: "string",
  time: "string",
  quantity: "string",
  struct: "dyn",
  any: "dyn",
};

function shaped(one: string, { shape }: LeafField): string {
  if (shape === "one") return one;
  if (shape === "list") return `list<${one}>`;
  return `map<string, ${shape === "map" ? one : `list<${one}>`}>`;
}
