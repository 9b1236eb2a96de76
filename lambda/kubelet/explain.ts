import type { Declaration, Setting } from "../domain/setting.ts";
import { parseDuration } from "../go/literals.ts";
import type { Source } from "./configuration.ts";

/**
 * A value with its origin and the declarations that it overrode. `declarations` are in the order of their application.
 */
export function explain<T>(value: T, from: Source, declarations: readonly Declaration[]): Setting<T> {
  const decided = declarations.findLastIndex(({ layer, where }) => layer === from.layer && where === from.where);
  const last = declarations.at(-1);
  const where = from.layer === "default" && last && saysNothing(last) ? `${from.where} (${inWords(last)})` : from.where;
  const losers = from.layer === "default" ? declarations : declarations.slice(0, Math.max(decided, 0));
  return { value, from: { layer: from.layer, where, value }, overrode: losers.toReversed() };
}

/** Whether a declaration leaves the field unset: with null, or with a zero that counts as unset. */
function saysNothing({ value }: Declaration): boolean {
  const text = typeof value === "string" ? value : "";
  return !value || parseDuration(text) === 0n;
}

function inWords({ where, value }: Declaration): string {
  return `${JSON.stringify(value)} in ${where} counts as not set`;
}
