import type { Setting } from "../domain/setting.ts";
import { isList, isNumber, isObject } from "../go/json.ts";
import type { Checked } from "./checks/check.ts";
import { type Configuration, entriesBelow, type Json, type JsonObject, type Source } from "./configuration.ts";
import { running, served } from "./configz.ts";
import type { Declared } from "./declarations.ts";
import { toJson, zeroOf } from "./encode.ts";
import { explain } from "./explain.ts";
import { leaves } from "./fields.ts";

/** JSON as JavaScript has it. Integers that are not exact as a number are bigints. */
export type PlainJson = null | boolean | string | number | bigint | readonly PlainJson[] | PlainObject;
export interface PlainObject {
  readonly [name: string]: PlainJson;
}

/** Every field of a kubelet's configuration. Nothing is computed before it is asked for. */
export class WholeConfiguration {
  readonly #checked: Checked;
  readonly #declared: Declared;
  readonly #unsaid: Source;
  #running: Configuration | undefined;

  constructor(checked: Checked, declared: Declared, unsaid: Source) {
    this.#checked = checked;
    this.#declared = declared;
    this.#unsaid = unsaid;
  }

  /** The object under `kubeletconfig` that the kubelet serves at /configz. */
  configz(): PlainObject {
    return plainObject(served(this.#configuration(), this.#checked.release.minor, this.#unsaid));
  }

  /** Each field with its origin, by its path; the entries of maps by the path of the map and their key. */
  settings(): ReadonlyMap<string, Setting<PlainJson>> {
    const configuration = this.#configuration();
    const settings = new Map<string, Setting<PlainJson>>();
    const add = (path: string, json: Json) => {
      const from = configuration.get(path)?.from ?? this.#unsaid;
      settings.set(path, explain(plain(json), from, this.#declared(path)));
    };
    for (const field of leaves.values()) {
      if (field.since > this.#checked.release.minor) continue;
      const { path, shape } = field;
      const entry = configuration.get(path);
      const entries = shape.startsWith("map") ? entriesBelow(configuration, path) : [];
      for (const [key, { value }] of entries) add(`${path}.${key}`, toJson(value));
      if (entries.length === 0) add(path, entry ? toJson(entry.value) : zeroOf(field));
    }
    return settings;
  }

  #configuration(): Configuration {
    this.#running ??= running(this.#checked);
    return this.#running;
  }
}

function plainObject({ members }: JsonObject): PlainObject {
  return Object.fromEntries(members.map(({ name, value }) => [name, plain(value)]));
}

function plain(json: Json): PlainJson {
  if (isObject(json)) return plainObject(json);
  if (isList(json)) return json.items.map(plain);
  if (!isNumber(json)) return json;
  const number = Number(json.number);
  const isExact = Number.isSafeInteger(number) || !/^-?\d+$/.test(json.number);
  return isExact ? number : BigInt(json.number);
}
