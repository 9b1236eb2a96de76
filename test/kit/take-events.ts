import { audit } from "../../lambda/audit.ts";
import { type Clients, createClients } from "../../lambda/aws/clients.ts";
import { type Config, readConfig } from "../../lambda/config.ts";
import type { Place } from "../../lambda/domain/place.ts";
import { readStateChanges } from "../../lambda/events/state-changes.ts";
import { type Taken, type Taker, takeStateChanges } from "../../lambda/events/take.ts";
import { limitsOf } from "../../lambda/run/deadline.ts";
import type { Invoked } from "../../local-aws/lambda.ts";
import type { LocalAws } from "../../local-aws/server.ts";
import { untilHang } from "./hang.ts";

/** The queue with the events of instances, or its dead-letter queue. */
export function eventsQueue(aws: LocalAws, name: "EventsQueue" | "EventsGivenUp" = "EventsQueue") {
  const [, queue] = [...aws.home.queues].find(([arn]) => arn.includes(name)) ?? [];
  if (!queue) throw new Error(`there is no queue ${name}`);
  return queue;
}

/** The settings of the deployed function, without the files of its bundle: exceptions and own rules. */
export function configOf(aws: LocalAws): Config {
  return readConfig({ ...aws.functionEnvironment(), EXCEPTIONS_FILE: "", RULES_FILE: "" });
}

/** Clients with the access key and permissions of the deployed function. They use this part of the request rates. */
export function functionClients(aws: LocalAws, part = 1): Clients {
  const { AWS_ENDPOINT_URL, AWS_REGION = "" } = aws.environment();
  Object.assign(process.env, { AWS_ENDPOINT_URL });
  const credentials = {
    accessKeyId: aws.functionKey(),
    secretAccessKey: "local-aws",
    sessionToken: "local-aws",
  };
  return createClients(AWS_REGION, credentials, new Map(), part);
}

/**
 * Processes the visible messages of the deployed queue as the function does, but in this process, which is faster.
 * Returns the result of each batch.
 */
export async function takeInProcess(
  aws: LocalAws,
  clients: Clients,
  place: Place,
  changes: Partial<Pick<Taker, "until" | "isAudited">> = {},
): Promise<Taken[]> {
  const batches: Taken[] = [];
  await aws.pollQueue(async (payload) => {
    const taken = await takePayload(payload, { aws, clients, place, config: configOf(aws), changes });
    batches.push(taken);
    return responseOf(taken);
  });
  return batches;
}

interface Taking {
  aws: LocalAws;
  clients: Clients;
  place: Place;
  config: Config;
  changes?: Partial<Pick<Taker, "until" | "isAudited">>;
}

/** Processes the messages of one invocation in this process. */
export async function takePayload(payload: unknown, { aws, clients, place, config, changes }: Taking): Promise<Taken> {
  const limits = limitsOf(untilHang());
  const messages = readStateChanges(payload);
  if (!messages) throw new Error("the payload does not come from a queue");
  return takeStateChanges(clients.sqs, messages, {
    queueUrl: config.queueUrl ?? "",
    until: limits.until,
    now: aws.clock.now,
    isAudited: config.isAudited,
    ...changes,
    clientsOf: async ({ account, region }) =>
      account === place.account && region === place.region ? clients : undefined,
    audit(of, _, listed) {
      const scope = { instances: listed.instances.map(({ InstanceId }) => InstanceId) };
      return audit(of, config, { id: "events", place, scope, ...listed, now: aws.clock.now, ...limits });
    },
  });
}

/** What the function returns to the event source mapping. */
export function responseOf({ returned }: Taken): Invoked {
  const batchItemFailures = returned.map(({ messageId }) => ({ itemIdentifier: messageId }));
  return { result: { batchItemFailures }, log: [], initMilliseconds: 0, runMilliseconds: 0 };
}
