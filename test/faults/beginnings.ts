import type { Version } from "../../local-aws/holdings.ts";
import type { LocalAws } from "../../local-aws/server.ts";
import { withTime } from "../kit/forged-ledger.ts";
import { collected } from "../node-state.ts";

/** The state of AWS, or the evidence of a node, when a run begins. */
export type Beginning =
  | "nothing"
  | "ledgers and findings"
  | "findings whose ledgers are lost"
  | "ledgers whose findings are lost"
  | "ledgers with impossible times"
  | "older ledgers"
  | "a hostile command line";

/** The node whose evidence differs from the previous run. */
export const changed = "i-0b23c45d67e89f012";

/** The state of AWS after a run. */
interface Holdings {
  findings: LocalAws["home"]["findings"];
  /** The objects in the auditor's bucket. Versions of objects never change, so that trials can share them. */
  objects: ReadonlyMap<string, readonly Version[]>;
}

export function holdingsOf(aws: LocalAws): Holdings {
  const objects = [...bucketOf(aws).objects].map(([key, versions]) => [key, [...versions]] as const);
  return { findings: structuredClone(aws.home.findings), objects: new Map(objects) };
}

function bucketOf(aws: LocalAws) {
  const [bucket] = aws.home.buckets.values();
  if (!bucket) throw new Error("no bucket is deployed");
  return bucket;
}

/** Functions that set up each beginning from the state after two runs. The changed node broke between these runs. */
export function beginningsAfter(
  first: Holdings,
  second: Holdings,
  breakNode: (aws: LocalAws) => void,
): Readonly<Record<Beginning, (aws: LocalAws) => void>> {
  const broken = (holdings: Partial<Holdings>) => (aws: LocalAws) => {
    putIn(aws, holdings);
    breakNode(aws);
  };
  const { findings, objects } = first;
  return {
    nothing: () => {},
    "ledgers and findings": broken(first),
    "findings whose ledgers are lost": broken({ findings }),
    "ledgers whose findings are lost": broken({ objects }),
    "ledgers with impossible times": broken({ findings, objects: forged(objects) }),
    // The ledgers were written before the node broke, the findings after it. Before the run starts, the node is fixed
    // again.
    "older ledgers": (aws) => putIn(aws, { findings: second.findings, objects }),
    "a hostile command line": (aws) => {
      putIn(aws, first);
      Object.assign(aws.node(changed), { behaviour: { prints: collected({ flags: longestCommandLine }) } });
    },
  };
}

/** Flags of one long command line. The collector sends at most 64 KiB of it. */
const longestCommandLine = Array<string>(4_000).fill("--event-qps=1");

function putIn(aws: LocalAws, { findings = new Map(), objects = new Map() }: Partial<Holdings>): void {
  for (const [key, finding] of findings) aws.home.findings.set(key, structuredClone(finding));
  for (const [key, versions] of objects) bucketOf(aws).objects.set(key, [...versions]);
}

/** The same objects with impossible times in the ledgers. */
function forged(objects: Holdings["objects"]): Holdings["objects"] {
  const forge = (version: Version) => (version.body ? { ...version, body: withTime(version.body, 1e300) } : version);
  return new Map(
    [...objects].map(([key, versions]) => [key, key.startsWith("ledgers/") ? versions.map(forge) : versions]),
  );
}
