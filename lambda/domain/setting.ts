/** One value for a setting and its origin. */
export interface Declaration {
  layer: "default" | "file" | "drop-in" | "flag";
  /** The origin for people: "the kubelet's default with --config", a path, or a flag as written. */
  where: string;
  value: unknown;
}

/** An effective value, its declaration, and the declarations that this one overrides, latest first. */
export interface Setting<T> {
  value: T;
  from: Declaration;
  overrode: readonly Declaration[];
}
