/** The SSM registration of an instance. */
export interface Registration {
  /** "Online", "ConnectionLost" or "Inactive". */
  PingStatus?: string | undefined;
  PlatformType?: string | undefined;
  PlatformName?: string | undefined;
  PlatformVersion?: string | undefined;
  /** Error of the query that confirms a missing registration or an offline agent. Present when that query failed. */
  unconfirmed?: string;
}

/** Registrations by instance id. */
export type Registrations = ReadonlyMap<string, Registration>;
