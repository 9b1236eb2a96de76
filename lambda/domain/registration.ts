/** What SSM holds about an instance that its agent registered. */
export interface Registration {
  /** "Online", "ConnectionLost" or "Inactive". */
  PingStatus?: string | undefined;
  PlatformType?: string | undefined;
  PlatformName?: string | undefined;
  PlatformVersion?: string | undefined;
  /** Why SSM could not confirm that it does not know the instance, or that its agent is offline. */
  unconfirmed?: string;
}

/** By instance id. */
export type Registrations = ReadonlyMap<string, Registration>;
