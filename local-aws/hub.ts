import { z } from "zod";
import {
  type Assembly,
  createBuses,
  createFunctions,
  createRules,
  createStores,
  type LambdaFunction,
  ofType,
  one,
  readAssembly,
  readEventSources,
  readJson,
  readSchedule,
} from "./deploy.ts";
import { pollQueue } from "./event-source.ts";
import type { AccountRegion, Role, World } from "./holdings.ts";
import { readAssumableRole, readRole } from "./iam.ts";
import { TemplateError } from "./intrinsics.ts";
import { type Invoked, invoke } from "./lambda.ts";
import { accountsBelow, findUnit } from "./organization.ts";
import { fireSchedule } from "./scheduler.ts";
import { type Execution, execute, type Machine } from "./states.ts";
import { resolveTemplate } from "./template.ts";
import type { Fault } from "./traffic.ts";

/** The deployed hub of organization mode. */
export interface Hub {
  /** Runs the state machine as the schedule does. Returns undefined if the state machine could not be started. */
  fireSchedule(): Promise<Execution | undefined>;
  /** Invokes the auditing function once for each batch of visible messages in the queue of the members' events. */
  pollQueue(): Promise<Invoked[]>;
  /** Roles of the hub, with their permissions, the permissions used so far, and the denied requests. */
  roles: { audit: Role; plan: Role; machine: Role; schedule: Role };
  /** Access key of the auditing function. */
  functionKey: string;
  /** Outputs of the hub's stack: the parameters of a member's stack. */
  outputs: Readonly<Record<string, string>>;
}

const machineModel = z.object({
  DefinitionString: z.string(),
  RoleArn: z.string(),
  StateMachineType: z.literal("STANDARD"),
});

const stackSetModel = z.object({
  PermissionModel: z.literal("SERVICE_MANAGED"),
  TemplateURL: z.url(),
  Parameters: z.array(z.object({ ParameterKey: z.string(), ParameterValue: z.string() })),
  StackInstancesGroup: z.array(
    z.object({
      DeploymentTargets: z.object({ OrganizationalUnitIds: z.array(z.string()) }),
      Regions: z.array(z.string()),
    }),
  ),
});

/** Deploys the hub stack of a CDK output directory, then its StackSet's members. */
export function deployHub(
  cdkOut: string,
  at: AccountRegion,
  world: World,
  { endpoint, faults }: { endpoint: string; faults: Fault[] },
): Hub {
  const assembly = readAssembly(cdkOut, at);
  createStores(assembly.resources, at, world);
  const functions = createFunctions(assembly, at, world);
  createBuses(assembly.resources, at);
  createRules(assembly.resources, at);
  const sources = readEventSources(assembly.resources, functions, at);
  const machine = readMachine(assembly, at);
  const schedule = readSchedule(assembly.resources, machine.arn, at);
  for (const { properties } of ofType(assembly.resources, "AWS::CloudFormation::StackSet"))
    rollOut(stackSetModel.parse(properties), assembly, world);
  const start = (input: unknown) => execute(machine, functions, input, { endpoint, faults });
  const target = { arn: machine.arn, action: "states:StartExecution", operation: "states:StartExecution", start };
  const [audit, plan] = [withHandler(functions, "index.handler"), withHandler(functions, "planner.handler")];
  return {
    async pollQueue() {
      const passes = sources.map((source) => {
        const run = (payload: unknown) => invoke(source.lambda, payload, endpoint, world.clock.now() - Date.now());
        return pollQueue(source, { at, world, faults, invoke: run });
      });
      return (await Promise.all(passes)).flat();
    },
    fireSchedule: () => fireSchedule(schedule, target, { clock: world.clock, faults, at }),
    roles: { audit: audit.role, plan: plan.role, machine: machine.role, schedule: schedule.role },
    functionKey: audit.accessKeyId,
    outputs: assembly.outputs,
  };
}

function withHandler(functions: readonly LambdaFunction[], wanted: string): LambdaFunction {
  const found = functions.find(({ handler }) => handler === wanted);
  if (!found) throw new TemplateError(`no function has the handler ${wanted}`);
  return found;
}

function readMachine({ resources }: Assembly, { partition, region, account }: AccountRegion): Machine {
  const { name, properties } = one(resources, "AWS::StepFunctions::StateMachine");
  const { DefinitionString, RoleArn } = machineModel.parse(properties);
  return {
    arn: `arn:${partition}:states:${region}:${account}:stateMachine:${name}`,
    definition: DefinitionString,
    role: readRole(resources, RoleArn, "states.amazonaws.com"),
  };
}

/**
 * Deploys a service-managed StackSet: one stack in each account below the units and in each Region, except in the
 * organization's management account. Source: AWS CloudFormation User Guide, "StackSets concepts".
 */
function rollOut(stackSet: z.output<typeof stackSetModel>, { assets }: Assembly, world: World): void {
  const { organization } = world;
  if (!organization) throw new TemplateError("a service-managed StackSet needs an organization");
  const asset = assets.find(({ objectKey }) => stackSet.TemplateURL.endsWith(`/${objectKey}`));
  if (!asset) throw new TemplateError(`no asset is at ${stackSet.TemplateURL}`);
  const parameters = Object.fromEntries(
    stackSet.Parameters.map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue]),
  );
  for (const { DeploymentTargets, Regions } of stackSet.StackInstancesGroup) {
    const units = DeploymentTargets.OrganizationalUnitIds.map((id) => {
      const unit = findUnit(organization.root, id);
      if (!unit) throw new TemplateError(`no organizational unit ${id}`);
      return unit;
    });
    const accounts = units
      .flatMap(accountsBelow)
      .filter(({ id, state = "ACTIVE" }) => state === "ACTIVE" && id !== organization.managementAccount);
    for (const { id } of accounts)
      for (const region of Regions) deployMember(asset.path, world.at(id, region), world, parameters);
  }
}

/** Deploys a member's template: its SSM documents, and its roles, which sts:AssumeRole can then assume. */
export function deployMember(
  template: string,
  at: AccountRegion,
  world: World,
  parameters: Readonly<Record<string, string>>,
): void {
  const { resources } = resolveTemplate(readJson(template), "Member", at, parameters);
  createStores(resources, at, world);
  for (const { name } of ofType(resources, "AWS::IAM::Role")) {
    const arn = `arn:${at.partition}:iam::${at.account}:role/${name}`;
    world.roles.set(arn, readAssumableRole(resources, arn));
  }
  createRules(resources, at);
}
