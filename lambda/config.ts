/**
 * The function's environment, shared with `lib/` so that a misspelt variable fails the type check.
 * Values are strings as Lambda hands them over; JSON where a value has structure.
 */
export type Environment = {
  /** Name of the SSM document that holds collect.sh. */
  DOCUMENT_NAME: string;
  /** JSON `{"include": ["glob", …], "exclude": ["glob", …]}`: which clusters are audited; absent means all. */
  CLUSTERS?: string;
  /** JSON `{"rule-id": "off" | severity}`. */
  RULES?: string;
  /** Pins the CIS benchmark version, for example "1.8.0". */
  BENCHMARK_VERSION?: string;
};
