import {
  type InstanceInformationStringFilter,
  type InstanceProperty,
  InvalidInstanceId,
  InvalidInstanceInformationFilterValue,
  paginateDescribeInstanceInformation,
  paginateDescribeInstanceProperties,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { DeadlineError } from "../aws/call-deadline.ts";
import { chunk } from "../aws/chunk.ts";
import { inParallel } from "../aws/parallel.ts";
import type { OsFamily } from "../domain/node.ts";
import { osInSsm } from "../domain/operating-systems.ts";
import type { Registration } from "../domain/registration.ts";

/** Maximum number of instances on a page. Source: AWS Systems Manager API Reference, DescribeInstanceProperties. */
const propertiesPageSize = 1_000;

/**
 * Maximum number of instances on a page, and of ids in one call. Source: AWS Systems Manager API Reference,
 * DescribeInstanceInformation.
 */
const informationPageSize = 50;

/** Maximum number of concurrent DescribeInstanceInformation calls. The client's pace is usually the stricter limit. */
const callsAtOnce = 5;

export interface AllRegistrations {
  registrations: Map<string, Registration>;
  /** Number of instances that SSM lists; infinite if they were not listed to the end. */
  total: number;
  /** One sentence; present when DescribeInstanceProperties failed. */
  problem?: string;
}

/**
 * Reads all instances that SSM lists, and keeps those that `isWanted` accepts. DescribeInstanceProperties returns 1,000
 * per page, but AWS documents it for the console only. If it fails, DescribeInstanceInformation returns the same
 * instances at 50 per page. `registrations` receives those of each page of DescribeInstanceProperties.
 */
export async function readRegistrations(
  client: SSMClient,
  isWanted: (instanceId: string) => boolean,
  { mostPages = Number.POSITIVE_INFINITY, registrations = new Map<string, Registration>() } = {},
): Promise<AllRegistrations> {
  try {
    const pages = paginateDescribeInstanceProperties({ client, pageSize: propertiesPageSize }, {});
    let [total, read] = [0, 0];
    for await (const { InstanceProperties = [], NextToken } of pages) {
      add(registrations, InstanceProperties, isWanted);
      total += InstanceProperties.length;
      read += 1;
      if (NextToken && read === mostPages) return { registrations, total: Number.POSITIVE_INFINITY };
    }
    return { registrations, total };
  } catch (error) {
    // At the deadline of the run, the other call would be cancelled as well, and the error would name that call.
    if (!(error instanceof Error) || error instanceof DeadlineError) throw error;
    const problem = `DescribeInstanceProperties failed, so DescribeInstanceInformation was used, which needs more calls: ${error.message}`;
    const others = await readInformation(client, undefined, isWanted);
    return { registrations: others, total: others.size, problem };
  }
}

/**
 * Maximum number of pages that are listed to find the instances of one cluster. So many pages hold the instances of an
 * account-Region with 10,000 instances.
 */
const pagesOfOthers = 10;

/**
 * Reads the registrations of the instances of one cluster. First it lists those of the whole account-Region, because
 * for a small one this takes fewer calls than a query for each 50 ids.
 */
export async function readRegistrationsOf(client: SSMClient, ids: readonly string[]): Promise<AllRegistrations> {
  const wanted = new Set(ids);
  const all = await readRegistrations(client, (id) => wanted.has(id), { mostPages: pagesOfOthers });
  if (Number.isFinite(all.total)) return all;
  const found = await findRegistrations(
    client,
    ids.filter((id) => !all.registrations.has(id)),
  );
  return { ...found, registrations: new Map([...all.registrations, ...found.registrations]) };
}

/**
 * Reads the registrations of these instances. SSM rejects a query with an unknown id. All registrations are listed
 * then, because a page of them holds 1,000.
 */
export async function findRegistrations(client: SSMClient, instanceIds: readonly string[]): Promise<AllRegistrations> {
  const found = await inParallel(callsAtOnce, chunk(instanceIds, informationPageSize), (ids) => askAbout(client, ids));
  const known = found.flatMap((batch) => (batch ? [batch] : []));
  if (known.length < found.length) {
    const wanted = new Set(instanceIds);
    return await readRegistrations(client, (id) => wanted.has(id));
  }
  return { registrations: new Map(known.flatMap((batch) => [...batch])), total: Number.POSITIVE_INFINITY };
}

/** Whether a command can reach an instance with this registration. */
export function isReachable(registration: Registration | undefined): boolean {
  const { PingStatus, PlatformType } = registration ?? {};
  return PingStatus === "Online" && (PlatformType === "Linux" || PlatformType === "Windows");
}

/**
 * Queries DescribeInstanceInformation for each of `instanceIds` that `registrations` shows as unregistered, as offline
 * or with an unusual platform, and corrects `registrations`. If a query fails, its instances are marked as unconfirmed.
 */
export async function confirmRegistrations(
  client: SSMClient,
  { registrations, total }: Omit<AllRegistrations, "problem">,
  instanceIds: readonly string[],
): Promise<Error[]> {
  const doubtful = instanceIds.filter((id) => !isReachable(registrations.get(id)));
  const confirm = async (ids: readonly string[], ask: () => Promise<Map<string, Registration> | undefined>) => {
    try {
      const confirmed = await ask();
      for (const [id, registration] of confirmed ?? []) registrations.set(id, registration);
      return { errors: [], refused: confirmed ? [] : ids };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      for (const id of ids) registrations.set(id, { ...registrations.get(id), unconfirmed: error.message });
      return { errors: [error], refused: [] };
    }
  };
  const first = await inParallel(callsAtOnce, chunk(doubtful, informationPageSize), (ids) =>
    confirm(ids, () => askAbout(client, ids)),
  );
  const refused = first.flatMap((batch) => batch.refused);
  const listingIsCheaper = total / informationPageSize < 2 * refused.length;
  const wanted = new Set(refused);
  const list = () => readInformation(client, undefined, (id) => wanted.has(id));
  const rest = listingIsCheaper ? list : () => askInHalves(client, refused);
  const second = refused.length > 0 ? [await confirm(refused, rest)] : [];
  return [...first, ...second].flatMap(({ errors }) => errors);
}

/**
 * Reads the registrations of these ids. Returns undefined if SSM rejects the call because one of the ids is unknown.
 */
async function askAbout(client: SSMClient, ids: readonly string[]): Promise<Map<string, Registration> | undefined> {
  try {
    return await readInformation(client, [{ Key: "InstanceIds", Values: [...ids] }]);
  } catch (error) {
    if (error instanceof InvalidInstanceId || error instanceof InvalidInstanceInformationFilterValue) return undefined;
    throw error;
  }
}

/** Finds the registered instances among `ids` by halving, because SSM rejects every call with an unknown id. */
async function askInHalves(client: SSMClient, ids: readonly string[]): Promise<Map<string, Registration>> {
  const known = ids.length > informationPageSize ? undefined : await askAbout(client, ids);
  if (known) return known;
  if (ids.length === 1) return new Map();
  const middle = Math.ceil(ids.length / 2);
  const first = await askInHalves(client, ids.slice(0, middle));
  return new Map([...first, ...(await askInHalves(client, ids.slice(middle)))]);
}

async function readInformation(
  client: SSMClient,
  Filters?: InstanceInformationStringFilter[],
  isWanted?: (instanceId: string) => boolean,
) {
  const registrations = new Map<string, Registration>();
  const pages = paginateDescribeInstanceInformation(
    { client, pageSize: informationPageSize },
    Filters ? { Filters } : {},
  );
  for await (const { InstanceInformationList } of pages) add(registrations, InstanceInformationList, isWanted);
  return registrations;
}

function add(
  registrations: Map<string, Registration>,
  page: readonly InstanceProperty[] = [],
  isWanted: (instanceId: string) => boolean = () => true,
): void {
  for (const { InstanceId, PingStatus, PlatformType, PlatformName, PlatformVersion } of page) {
    if (!InstanceId || !isWanted(InstanceId)) continue;
    registrations.set(InstanceId, {
      ...(PingStatus && { PingStatus }),
      ...(PlatformType && { PlatformType }),
      ...(PlatformName && { PlatformName }),
      ...(PlatformVersion && { PlatformVersion }),
    });
  }
}

/** The node's operating system. EC2 marks only Windows; SSM returns the other systems of registered nodes. */
export function osFamily(ec2Platform: string | undefined, registration: Registration | undefined): OsFamily {
  return ec2Platform?.toLowerCase() === "windows" ? "windows" : osInSsm(registration ?? {});
}
