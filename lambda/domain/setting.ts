/** One place that gives a setting a value. */
export interface Declaration {
  layer: "default" | "file" | "drop-in" | "flag";
  /** For people: "the kubelet's default with --config", a path, or a flag as written. */
  where: string;
  value: unknown;
}

/** An effective value, the declaration that it comes from, and the declarations that it overrode, latest first. */
export interface Setting<T> {
  value: T;
  from: Declaration;
  overrode: readonly Declaration[];
}
