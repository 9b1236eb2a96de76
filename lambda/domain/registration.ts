/** The SSM registration of an instance. */
export interface Registration {
  /** "Online", "ConnectionLost" or "Inactive". */
  PingStatus?: string | undefined;
  PlatformType?: string | undefined;
  PlatformName?: string | undefined;
  PlatformVersion?: string | undefined;
  /** Error of the query that should confirm that the instance is not registered or its agent is offline. Present when that query failed. */
  unconfirmed?: string;
}

/** Registrations by instance id. */
export type Registrations = ReadonlyMap<string, Registration>;
