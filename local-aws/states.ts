import { StateMachine } from "aws-local-stepfunctions";
import { z } from "zod";
import type { LambdaFunction } from "./deploy.ts";
import type { Role } from "./holdings.ts";
import { mayDo } from "./iam.ts";
import { type Invoked, invoke } from "./lambda.ts";
import { type Fault, nextFault } from "./traffic.ts";

/** A deployed state machine. */
export interface Machine {
  arn: string;
  /** Amazon States Language, as JSON. */
  definition: string;
  role: Role;
}

/** Outcome of one execution. */
export interface Execution {
  /** Absent after an error. */
  output?: unknown;
  error?: { error: string; cause: string };
  /** Number of retries by state, summed over all items. */
  retries: Record<string, number>;
  /** Log lines of the functions. */
  log: string[];
}

/** Milliseconds before a retry, instead of the intervals in the definition. */
const betweenTries = 10;

interface State {
  Type: string;
  Resource?: string | undefined;
  ItemProcessor?: Processor | undefined;
}
interface Processor {
  ProcessorConfig?: { Mode?: string | undefined } | undefined;
  States: Record<string, State>;
}
const processor: z.ZodType<Processor> = z.object({
  ProcessorConfig: z.object({ Mode: z.string().optional() }).optional(),
  States: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Resource: z.string().optional(),
      get ItemProcessor() {
        return processor.optional();
      },
    }),
  ),
});

/**
 * Runs the state machine and its deployed functions. The library aws-local-stepfunctions interprets Map, Retry, Catch,
 * paths and intrinsic functions as AWS does. It runs a distributed Map like an inline one: items are not child
 * executions, and tolerated failures are not supported.
 */
export async function execute(
  machine: Machine,
  functions: readonly LambdaFunction[],
  input: unknown,
  { endpoint, faults }: { endpoint: string; faults: Fault[] },
): Promise<Execution> {
  const definition = JSON.parse(machine.definition);
  const states = allStates(processor.parse(definition));
  const log: string[] = [];
  if (states.some(([, { ItemProcessor }]) => ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED"))
    askForChildren(machine);
  const handlers = states.flatMap(([name, { Resource }]) => {
    if (Resource === undefined) return [];
    const handler = async (payload: unknown) => {
      const lambda = functions.find(({ arn }) => arn === Resource);
      if (!lambda) throw named("Lambda.ResourceNotFoundException", `Function not found: ${Resource}`);
      if (!mayDo(machine.role, { action: "lambda:InvokeFunction", resource: Resource }))
        throw named("Lambda.AWSLambdaException", `not authorized to perform: lambda:InvokeFunction on ${Resource}`);
      if (nextFault(faults, "lambda:Invoke")) throw named("Lambda.TooManyRequestsException", "Rate Exceeded.");
      const invoked = await invoke(lambda, bounded(payload), endpoint);
      log.push(...invoked.log);
      return bounded(resultOf(invoked));
    };
    return [[name, handler] as const];
  });
  const retryIntervalOverrides = Object.fromEntries(states.map(([name]) => [name, betweenTries]));
  const { result, eventLogs } = new StateMachine(definition).run(jsonValue.parse(input), {
    overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers), retryIntervalOverrides },
  });
  const [outcome, retries] = await Promise.all([
    result.then(
      (output) => ({ output }),
      (error: unknown) => ({ error: describe(error) }),
    ),
    countRetries(eventLogs),
  ]);
  return { ...outcome, retries, log };
}

const jsonValue = z.json();

/**
 * Maximum bytes of a state's input and output. Source: AWS Step Functions Developer Guide, "Quotas related to state
 * throttling and data".
 */
const stateBytes = 262_144;

function bounded<Value>(value: Value): Value {
  const { byteLength } = Buffer.from(JSON.stringify(value));
  if (byteLength > stateBytes)
    throw named("States.DataLimitExceeded", `${byteLength} bytes are more than ${stateBytes}`);
  return value;
}

/** All states, including those inside Map states. State names are unique in a machine. */
function allStates({ States }: Processor): [string, State][] {
  return Object.entries(States).flatMap(([name, state]) => [
    [name, state],
    ...(state.ItemProcessor ? allStates(state.ItemProcessor) : []),
  ]);
}

/**
 * Checks the permissions that a distributed Map needs for its child executions.
 * Source: AWS Step Functions Developer Guide, "IAM policies for using Distributed Map states".
 */
function askForChildren({ arn, role }: Machine): void {
  const asks = [
    { action: "states:StartExecution", resource: arn },
    ...["states:DescribeExecution", "states:StopExecution"].map((action) => ({
      action,
      resource: `${arn.replace(":stateMachine:", ":execution:")}:local-aws`,
    })),
  ];
  for (const ask of asks)
    if (!mayDo(role, ask)) throw new Error(`the state machine's role does not allow ${ask.action} on ${ask.resource}`);
}

/**
 * Throws a function's error as Step Functions does: errorType becomes the name, the error as JSON becomes the cause.
 */
function resultOf({ result, error }: Invoked) {
  if (error) throw named(error.errorType, JSON.stringify(error));
  return jsonValue.parse(result);
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** The interpreter wraps the original error; this unwraps it. */
function describe(error: unknown): { error: string; cause: string } {
  if (!(error instanceof Error)) throw error;
  return error.cause instanceof Error ? describe(error.cause) : { error: error.name, cause: error.message };
}

async function countRetries(events: AsyncIterable<{ type: string; state?: { name: string } }>) {
  const retries: Record<string, number> = {};
  for await (const { type, state } of events) {
    if (type === "StateRetried" && state) retries[state.name] = (retries[state.name] ?? 0) + 1;
  }
  return retries;
}
