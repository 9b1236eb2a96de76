import { isList, isNumber, isObject, type JsonFrom, type JsonObjectFrom } from "../go/json.ts";

/** JSON as JavaScript values. An integer that a number cannot represent exactly is a bigint. */
export type PlainJson = null | boolean | string | number | bigint | readonly PlainJson[] | PlainObject;
export interface PlainObject {
  readonly [name: string]: PlainJson;
}

export function plainObject({ members }: JsonObjectFrom<unknown>): PlainObject {
  return Object.fromEntries(members.map(({ name, value }) => [name, plainJson(value)]));
}

export function plainJson(json: JsonFrom<unknown>): PlainJson {
  if (isObject(json)) return plainObject(json);
  if (isList(json)) return json.items.map((item) => plainJson(item));
  if (!isNumber(json)) return json;
  const number = Number(json.number);
  const isExact = Number.isSafeInteger(number) || !/^-?\d+$/.test(json.number);
  return isExact ? number : BigInt(json.number);
}
