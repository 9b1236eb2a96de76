import { mergePatch, untyped } from "../go/merge-patch.ts";
import { gatesWhileLoading, refusingMalformed } from "./config-file.ts";
import {
  type Configuration,
  type Entry,
  emptyMap,
  entriesBelow,
  isZero,
  type JsonObject,
  jsonOf,
  type Source,
} from "./configuration.ts";
import { decode, fieldNamed, type Names } from "./decode.ts";
import { setDefaults } from "./defaults.ts";
import { encode, isOmitted } from "./encode.ts";
import { leaves, root } from "./fields.ts";
import { mentions, type ReadDocument } from "./mentions.ts";
import type { StartContext } from "./start-context.ts";

/**
 * Merges drop-ins into a configuration. Kubernetes does this in three ways:
 * 1.28 (alpha) reads each drop-in as a whole configuration, defaults included, and copies what is not zero;
 * 1.29 to 1.31 merge JSON patches over the internal type;
 * 1.32 and later (kubernetes#127421) merge them over the versioned type and set defaults again.
 * Source: kubernetes cmd/kubelet/app/server.go mergeKubeletConfigurations.
 */

/** Fields that are pointers even in the internal type of 1.28. Source: kubernetes pkg/kubelet/apis/config/types.go. */
const internalPointers = new Set(["maxParallelImagePulls", "memoryThrottlingFactor", "tracing"]);

/**
 * 1.28. The evictionHard of a --config file that does not set it is the kubelet's map of default thresholds itself, not
 * a copy. A drop-in's thresholds change that map, so that a later drop-in without evictionHard does not reset them.
 * Source: kubernetes cmd/kubelet/app/server.go loadConfigFile.
 */
export function copyDropIns(base: Configuration, dropIns: readonly Configuration[]): Configuration {
  const isShared = base.get("evictionHard")?.from.layer === "default";
  const isReset = ([path, { from }]: [string, Entry]) => path.startsWith("evictionHard") && from.layer === "default";
  return dropIns.reduce(
    (merged, dropIn) =>
      copyNonZero(merged, isShared ? new Map([...dropIn].filter((entry) => !isReset(entry))) : dropIn),
    base,
  );
}

/**
 * 1.28: imdario/mergo with override. A value that is false, 0, "" or empty overrides only inside a map. A pointer is
 * replaced together with everything below it.
 */
function copyNonZero(base: Configuration, dropIn: Configuration): Configuration {
  const merged = new Map(base);
  for (const [path, entry] of dropIn) {
    const replaces = !isZero(entry.value) || !leaves.has(path) || internalPointers.has(path);
    // A nil list in a map of lists is skipped.
    if (jsonOf(entry.value) === null) continue;
    if (replaces || entry.value === emptyMap) merged.set(path, entry);
  }
  return merged;
}

/**
 * 1.29 to 1.31. The base has Go's names ("Authentication"), and the patches have the names of the file
 * ("authentication"), so the merge keeps both members. The decoder ignores letter case and reads members in byte order.
 * Capitals come first, so the patches win. null removes nothing from the base. Zero and "" override.
 */
export function mergeOverInternal(
  base: Configuration,
  dropIns: readonly ReadDocument[],
  start: StartContext,
): Configuration {
  if (dropIns.length === 0) return base;
  const encoded = encode(base, "internal", start, topFieldsIn(dropIns));
  return mergeAndDecode(encoded, dropIns, new Map(base), "internal", start);
}

/**
 * 1.32 and later. null removes a field. A field that is unset or zero after the merge gets its default, even without
 * --config and without drop-ins.
 */
export function mergeOverVersioned(
  base: Configuration,
  dropIns: readonly ReadDocument[],
  start: StartContext,
): Configuration {
  const { minor, flagGates } = start;
  const named = topFieldsIn(dropIns);
  const encoded = encode(base, "versioned", start, named);
  const merged = mergeAndDecode(encoded, dropIns, withoutZeros(base, named), "any case", start);
  const from: Source = { layer: "default", where: "the kubelet's default for what its drop-ins leave unset" };
  setDefaults(merged, gatesWhileLoading(merged, flagGates, minor), minor, from);
  keepOmittedZeros(base, merged, dropIns);
  return merged;
}

/**
 * The top-level fields that drop-ins name. The kubelet encodes, merges and decodes all fields. The other fields keep
 * their values, except that the versioned type loses their zeros.
 */
function topFieldsIn(dropIns: readonly ReadDocument[]): ReadonlySet<string> {
  const paths = dropIns.flatMap(({ json, names }) =>
    json.members.flatMap(({ name }) => fieldNamed(root, name, { names })?.path ?? []),
  );
  return new Set(paths);
}

/** The base without the fields in `named` and without the zeros that the versioned type omits. */
function withoutZeros(base: Configuration, named: ReadonlySet<string>): Configuration {
  const kept: Configuration = new Map();
  for (const path of base.keys()) {
    const entry = base.get(path);
    if (entry === undefined) continue;
    const dot = path.indexOf(".");
    const top = dot < 0 ? path : path.slice(0, dot);
    const field = isZero(entry.value) && leaves.get(path);
    const omitted = field && isOmitted(field, entry) && entriesBelow(base, path).length === 0;
    if (!omitted && !named.has(top)) kept.set(path, entry);
  }
  return kept;
}

function mergeAndDecode(
  base: JsonObject,
  dropIns: readonly ReadDocument[],
  over: Configuration,
  names: Names,
  { release }: StartContext,
): Configuration {
  refusingMalformed("the merged drop-ins", () => {
    const merged = dropIns.reduce((target, { json }) => mergePatch(target, untyped(json)), base);
    decode(merged, over, names, release);
  });
  return over;
}

/**
 * Restores the zeros of the base with their origin. The JSON of the base omits them, so after the merge their origin
 * would be lost.
 */
function keepOmittedZeros(base: Configuration, merged: Configuration, dropIns: readonly ReadDocument[]): void {
  for (const [path, entry] of base) {
    const omitted = isZero(entry.value) && !merged.has(path) && entry.value !== emptyMap;
    if (omitted && !dropIns.some((dropIn) => mentions(dropIn, path))) merged.set(path, entry);
  }
}
