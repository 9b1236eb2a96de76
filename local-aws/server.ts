import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Finding } from "./asff.ts";
import { type Clock, startClock } from "./clock.ts";
import { type Application, deploy } from "./deploy.ts";
import { changeState } from "./event-bus.ts";
import { mappingOf, pollQueue } from "./event-source.ts";
import type { AccountRegion, Pace, Role } from "./holdings.ts";
import { answer } from "./http.ts";
import { deployHub, deployMember, type Hub } from "./hub.ts";
import { roleWith } from "./iam.ts";
import type { EmbeddedNode, InitialRegion } from "./initial-region.ts";
import { evaluate, type InsightResults } from "./insights.ts";
import { configurationOf, type Invoked, invoke, lambdaEnvironment } from "./lambda.ts";
import type { Organization } from "./organization.ts";
import { plantedTrees } from "./planted-trees.ts";
import { sampleRegion } from "./sample-region.ts";
import { fireSchedule } from "./scheduler.ts";
import { storedFindings } from "./securityhub.ts";
import { type Fault, type Rates, startTraffic } from "./traffic.ts";
import type { Unsettled } from "./unsettled.ts";
import { createWorld } from "./world.ts";

export interface Options {
  /** Default: a free port. */
  port?: number;
  home?: InitialRegion;
  /** Clusters and nodes of other account-Regions. */
  others?: readonly InitialRegion[];
  /** Organization of the accounts. Default: none. */
  organization?: Organization;
  clock?: Clock;
  pace?: Partial<Pace>;
  /** Behaviour that AWS does not document. Default: `likelyAnswers`. */
  unsettled?: Partial<Unsettled>;
  /** Request rates by service or operation. Default: the published and assumed rates. */
  rates?: Rates;
}

export interface LocalAws {
  endpoint: string;
  clock: Clock;
  /** Faults to come. Push one to inject it. */
  faults: Fault[];
  /** State of the administrator's account-Region. Tests can change it. */
  home: AccountRegion;
  /** State of any account-Region. Tests can change it. */
  at(account: string, region: string): AccountRegion;
  /** A node of the administrator's account-Region. Tests can change it. */
  node(id: string): EmbeddedNode;
  /** Directory with a node's file system. */
  root(id: string): string;
  /** Recreates a node's file system after a change of its `tree`. */
  replant(id: string): void;
  /** All findings in Security Hub of `place`. Default: the administrator's account-Region. */
  findings(place?: AccountRegion): Finding[];
  /** Results of the deployed insights. */
  insights(): InsightResults[];
  /** Requests by operation, for example {"ssm:SendCommand": 1}, since the start or the last reset. */
  calls(): Record<string, number>;
  resetCalls(): void;
  /** Requests that a rate rejected, by operation. */
  throttled(): Record<string, number>;
  /** Deploys the templates of a CDK output directory. */
  deploy(cdkOut: string): void;
  /** Deploys a CDK output directory that contains the hub of organization mode. */
  deployHub(cdkOut: string): Hub;
  /** Creates a stack from `template`, the file with a member's template. */
  deployMember(template: string, place: AccountRegion, parameters: Readonly<Record<string, string>>): void;
  /** A member's role, by ARN. */
  memberRole(arn: string): Role | undefined;
  /** Runs the deployed function once. */
  invoke(payload: unknown): Promise<Invoked>;
  /** Adds an instance and sends EC2's events. */
  launch(node: EmbeddedNode, place?: AccountRegion): void;
  /** Terminates an instance and sends EC2's events. EC2 still lists the instance as terminated. */
  terminate(id: string, place?: AccountRegion): void;
  /** Invokes the deployed function, or `take` in its place, once for each batch of visible messages in its queues. */
  pollQueue(take?: (payload: unknown) => Promise<Invoked>): Promise<Invoked[]>;
  /** Runs the deployed function as its schedule does. */
  fireSchedule(): Promise<Invoked>;
  /** Access key of the deployed function's role. */
  functionKey(): string;
  /** Environment variables of the deployed function. */
  functionEnvironment(): Record<string, string>;
  /** Adds a caller with `policy` as its only permissions. */
  addCaller(policy: unknown): { accessKeyId: string; role: Role };
  /** The deployed roles, with their permissions, the permissions used so far, and the denied requests. */
  roles(): Role[];
  /** Environment variables for an AWS client with the administrator's key. */
  environment(): Record<string, string>;
  close(): Promise<void>;
}

/** Starts the embedded AWS on loopback, with the clusters and nodes of `home`. */
export async function startLocalAws(options: Options = {}): Promise<LocalAws> {
  const clock = options.clock ?? startClock();
  const initial = options.home ?? sampleRegion();
  const trees = plantedTrees();
  const { others = [], organization, pace = {}, unsettled = {} } = options;
  const world = createWorld({ clock, home: initial, others, organization, pace, unsettled, runScript: trees.run });
  const traffic = startTraffic(clock, options.rates);
  const server = createServer((request, response) => {
    void answer(request, response, world, traffic);
  });
  await new Promise<void>((listening) => server.listen(options.port ?? 0, "127.0.0.1", listening));
  const endpoint = `http://127.0.0.1:${portOf(server.address())}`;
  const home = world.at(initial.account, initial.region);
  let application: Application | undefined;
  const deployed = () => application ?? refuseUndeployed();
  const run = (payload: unknown) => invoke(deployed().lambda, payload, endpoint, clock.now() - Date.now());
  const node = (id: string) => home.nodes.find((each) => each.id === id) ?? refuseUnknownNode(id);
  return {
    endpoint,
    clock,
    faults: traffic.faults,
    home,
    node,
    root: (id) => trees.root(node(id)),
    replant: (id) => trees.replant(node(id)),
    at: world.at,
    findings: (place = home) => storedFindings({ at: place, world }),
    insights: () => {
      const held = storedFindings({ at: home, world });
      return deployed().insights.map((insight) => evaluate(insight, held, clock));
    },
    calls: () => Object.fromEntries([...traffic.counts].sort()),
    resetCalls: () => traffic.counts.clear(),
    throttled: () => Object.fromEntries(traffic.throttled),
    deploy(cdkOut) {
      application = deploy(cdkOut, home, world);
      const { lambda, eventSources } = application;
      home.functions.set(lambda.name, {
        configuration: configurationOf(lambda),
        invoke: run,
        eventSourceMappings: eventSources.map(mappingOf),
      });
    },
    deployHub: (cdkOut) => deployHub(cdkOut, home, world, { endpoint, faults: traffic.faults }),
    deployMember: (template, place, parameters) => deployMember(template, place, world, parameters),
    memberRole: (arn) => world.roles.get(arn)?.role,
    invoke: run,
    async pollQueue(take = run) {
      const polling = { at: home, world, faults: traffic.faults, invoke: take };
      const passes = deployed().eventSources.map((source) => pollQueue(source, polling));
      return (await Promise.all(passes)).flat();
    },
    launch(launched, place = home) {
      place.nodes.push(launched);
      changeState(launched, "pending", place, world);
      changeState(launched, "running", place, world);
    },
    terminate(id, place = home) {
      const leaving = place.nodes.find((each) => each.id === id) ?? refuseUnknownNode(id);
      delete leaving.agent;
      changeState(leaving, "shutting-down", place, world);
      changeState(leaving, "terminated", place, world);
    },
    async fireSchedule() {
      const { lambda, schedule } = deployed();
      const target = { arn: lambda.arn, action: "lambda:InvokeFunction", operation: "lambda:Invoke", start: run };
      const invoked = await fireSchedule(schedule, target, { clock, faults: traffic.faults, at: home });
      return invoked ?? notDelivered;
    },
    functionKey: () => deployed().lambda.accessKeyId,
    functionEnvironment: () => lambdaEnvironment(deployed().lambda, endpoint),
    addCaller(policy) {
      const role = roleWith(`caller-${world.callers.size}`, policy);
      const accessKeyId = `ASIALOCALAWS${String(world.callers.size).padStart(8, "1")}`;
      const arn = `arn:${home.partition}:sts::${home.account}:assumed-role/${role.name}/person`;
      world.callers.set(accessKeyId, { account: home.account, arn, userId: `AROALOCALAWS:${role.name}`, role });
      return { accessKeyId, role };
    },
    roles: () => [deployed().lambda.role, deployed().schedule.role],
    environment: () => ({
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: home.region,
      AWS_DEFAULT_REGION: home.region,
      AWS_ACCESS_KEY_ID: world.userKey,
      AWS_SECRET_ACCESS_KEY: "local-aws",
    }),
    async close() {
      await world.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      trees.remove();
    },
  };
}

const notDelivered: Invoked = {
  error: { errorType: "NotDelivered", errorMessage: "Scheduler could not start the function" },
  log: [],
  initMilliseconds: 0,
  runMilliseconds: 0,
};

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}

function refuseUndeployed(): never {
  throw new Error("Nothing is deployed. Call deploy() with a CDK output directory first.");
}

function refuseUnknownNode(id: string): never {
  throw new Error(`The account-Region has no node ${id}.`);
}
