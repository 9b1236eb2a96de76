import type { Declaration, Setting } from "../domain/setting.ts";
import { asText } from "../text.ts";
import type { PackedConfiguration, PackedOrigin, PackedSetting } from "./packed.ts";

/** Effective settings by name. */
export type SettingsByName = Readonly<Record<string, Setting<unknown>>>;

/** Maximum overridden declarations of one setting in the report, latest first. */
const overriddenKept = 5;

/** Maximum differences of a configuration from a stored one. With more, it is stored as a whole. */
const mostDifferences = 12;

/** A node is compared with this number of stored configurations, the latest ones. */
const basesCompared = 8;

/**
 * Maximum characters of different settings in one report. Stock nodes need a few thousand. Only hostile nodes can
 * produce more than this maximum.
 */
const mostCharacters = 16_000_000;

/**
 * Stores the effective configuration of each node. Nodes of a group share nearly all settings, so a configuration is
 * stored as its differences from an earlier one.
 */
export function startConfigurations(text: (words: string) => number) {
  const settings: PackedSetting[] = [];
  const places = new Map<string, number>();
  const bases: number[][] = [];
  let characters = 0;

  const origin = ({ value, where, layer }: Declaration): PackedOrigin => {
    const shown = asText(typeof value === "object" || typeof value === "bigint" ? json(value) : value);
    characters += shown.length + where.length;
    return [text(shown), text(where), layer];
  };
  const packed = (name: string, { value, from, overrode }: Setting<unknown>): number => {
    // Most settings were already packed for an earlier node. Finding them is cheaper than packing them again.
    const key = json([name, value, from.where, overrode]);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, settings.length);
    return settings.push([name, origin({ ...from, value }), ...overrode.slice(0, overriddenKept).map(origin)]) - 1;
  };
  const nameOf = (index: number | undefined) => settings[index ?? -1]?.[0];
  return {
    settings,
    bases,
    /** Returns undefined for a node without settings, and if the report already contains too many characters. */
    add(byName: SettingsByName | undefined): PackedConfiguration | undefined {
      if (!byName || characters > mostCharacters) return undefined;
      const own = Object.entries(byName).map(([name, setting]) => packed(name, setting));
      for (let index = Math.max(0, bases.length - basesCompared); index < bases.length; index++) {
        const base = bases[index] ?? [];
        if (base.length !== own.length) continue;
        const places = own.keys().filter((place) => base[place] !== own[place]);
        const differing = [...places.take(mostDifferences + 1)];
        const hasSameNames = differing.every((place) => nameOf(base[place]) === nameOf(own[place]));
        if (hasSameNames && differing.length <= mostDifferences)
          return [index, ...differing.flatMap((place) => own[place] ?? [])];
      }
      return [bases.push(own) - 1];
    },
  };
}

/** JSON in which an integer that a number cannot represent exactly is rounded. */
function json(value: unknown): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? Number(inner) : inner));
}
