import { isList, isNumber, isObject } from "../go/json.ts";
import { formatDuration } from "../go/literals.ts";
import type { Json, JsonObject } from "../kubelet/configuration.ts";
import { zeroOf } from "../kubelet/encode.ts";
import type { Kind, LeafField, StructField } from "../kubelet/fields.ts";
import { NoValue, Undetermined, unknownValue } from "./undetermined.ts";

/** A configuration whose fields expressions read. */
export interface ReadConfiguration {
  /** The kubelet's minor version, on which its fields depend. */
  minor: number;
  /** Top-level fields with an unknown value, with the reason. */
  undetermined: ReadonlyMap<string, string>;
  /** Returns the value of a nested struct. */
  structOf(type: StructField, members: JsonObject): StructValue;
}

/**
 * A struct of the kubelet's configuration as a value for CEL. Fields are converted when an expression reads them. A
 * field that the kubelet omits because it is zero reads as zero. The class extends Map, because CEL calls `get` of a
 * Map.
 */
export class StructValue extends Map<string, unknown> {
  readonly #type: StructField;
  readonly #members: JsonObject;
  readonly #read: ReadConfiguration;

  constructor(type: StructField, members: JsonObject, read: ReadConfiguration) {
    super();
    this.#type = type;
    this.#members = members;
    this.#read = read;
  }

  override get(name: string): unknown {
    const known = super.get(name);
    if (known !== undefined) return known;
    const value = this.#convert(name);
    if (value !== undefined) super.set(name, value);
    return value;
  }

  /** Whether the kubelet shows the field at /configz. Zero values are omitted there. */
  isSet(name: string): boolean {
    return this.#member(name) !== undefined;
  }

  /** The member as the kubelet shows it, with its origin. */
  #member(name: string) {
    return this.#members.members.find((member) => member.name === name);
  }

  #convert(name: string): unknown {
    const field = this.#type.byName.get(name);
    if (field === undefined) return undefined;
    const { path } = field;
    const { minor, undetermined } = this.#read;
    const why = undetermined.get(path);
    if (why !== undefined) throw unknownValue(`kubelet.${path}`, why);
    if (field.since > minor)
      throw new Undetermined({
        code: "UNSUPPORTED_KUBERNETES_VERSION",
        because: `The kubelet of Kubernetes 1.${minor} has no field ${path}. Kubernetes 1.${field.since} added it.`,
        fix: 'Exclude older kubelets with "applies" in the rule, or upgrade the node.',
      });
    const member = this.#member(name);
    if ("fields" in field) return this.#read.structOf(field, objectOf(member?.value));
    if (member) return celValue(member.value, field, this.#read);
    if (field.pointer) throw new NoValue(`${path} has no value on this node; test it with has() first`);
    return emptyOf(field, this.#read);
  }
}

function emptyOf(field: LeafField, read: ReadConfiguration): unknown {
  if (field.shape === "list") return [];
  return field.shape === "one" ? celOne(zeroOf(field), field, read) : new Map();
}

function celValue(json: Json, field: LeafField, read: ReadConfiguration): unknown {
  const one = (item: Json) => celOne(item, field, read);
  if (field.shape === "one") return one(json);
  if (field.shape === "list") return itemsOf(json).map(one);
  const entry = field.shape === "map" ? one : (list: Json) => itemsOf(list).map(one);
  return new Map(objectOf(json).members.map(({ name, value }) => [name, entry(value)]));
}

function celOne(json: Json, { kind, object }: Pick<LeafField, "kind" | "object">, read: ReadConfiguration): unknown {
  if (object) return read.structOf(object, objectOf(json));
  if (kind === "any") return celJson(json);
  if (isNumber(json)) return celNumber(json.number, kind);
  if (typeof json === "boolean" || typeof json === "string") return json;
  return "";
}

/** Kubernetes 1.27 shows some durations as nanoseconds; later releases show text. */
function celNumber(digits: string, kind: Kind): unknown {
  if (kind === "timeOrDuration") return formatDuration(BigInt(digits));
  return kind === "float64" ? Number(digits) : BigInt(digits);
}

/** JSON without a schema. A whole number becomes an int and any other number a double. */
function celJson(json: Json): unknown {
  if (isNumber(json)) return /^-?\d+$/.test(json.number) ? BigInt(json.number) : Number(json.number);
  if (isList(json)) return json.items.map(celJson);
  if (isObject(json)) return new Map(json.members.map(({ name, value }) => [name, celJson(value)]));
  return json;
}

function itemsOf(json: Json): readonly Json[] {
  return isList(json) ? json.items : [];
}

function objectOf(json: Json | undefined): JsonObject {
  return json !== undefined && isObject(json) ? json : { members: [] };
}
