import * as z from "zod";
import type { Membership } from "../aws/member.ts";

/** The planner's environment, shared with `lib/` so that a misspelt variable fails the type check. */
export type PlannerEnvironment = {
  /** Name of the role in every member. */
  MEMBER_ROLE: string;
  EXTERNAL_ID: string;
  /** JSON list of ids, "ou-…" or "r-…": the members are the accounts below them. */
  ORGANIZATIONAL_UNITS?: string;
  /** JSON list of account ids; these accounts are the members. */
  ACCOUNTS?: string;
  /** JSON list of Region names. */
  REGIONS: string;
  LEDGER_BUCKET: string;
  /** The same value as CLUSTERS of the auditing function. */
  CLUSTERS?: string;
};

export interface PlannerConfig {
  membership: Membership;
  /** The organizational units whose accounts are the members, or the ids of the members. */
  members: { organizationalUnits: readonly string[] } | { accounts: readonly string[] };
  regions: readonly string[];
  ledgerBucket: string;
  /** The same value as CLUSTERS of the auditing function. */
  clusters?: string;
}

const text = z.string().min(1);
const list = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.array(text).min(1));

const environment = z.object({
  MEMBER_ROLE: text,
  EXTERNAL_ID: text,
  ORGANIZATIONAL_UNITS: list.exactOptional(),
  ACCOUNTS: list.exactOptional(),
  REGIONS: list,
  LEDGER_BUCKET: text,
  CLUSTERS: z.string().exactOptional(),
}) satisfies z.ZodType<unknown, PlannerEnvironment>;

/** Reads the environment that the hub's stack sets. Throws if a value is missing, which is an error in the stack. */
export function readPlannerConfig(variables: NodeJS.ProcessEnv): PlannerConfig {
  const {
    MEMBER_ROLE,
    EXTERNAL_ID,
    ORGANIZATIONAL_UNITS,
    ACCOUNTS = [],
    REGIONS,
    LEDGER_BUCKET,
    CLUSTERS,
  } = environment.parse(variables);
  return {
    membership: { roleName: MEMBER_ROLE, externalId: EXTERNAL_ID },
    members: ORGANIZATIONAL_UNITS ? { organizationalUnits: ORGANIZATIONAL_UNITS } : { accounts: ACCOUNTS },
    regions: REGIONS,
    ledgerBucket: LEDGER_BUCKET,
    ...(CLUSTERS && { clusters: CLUSTERS }),
  };
}
