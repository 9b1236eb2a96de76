import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { LambdaFunction } from "./deploy.ts";
import { mayDo } from "./iam.ts";

/** Outcome of one invocation. Every invocation is a cold start. */
export interface Invoked {
  /** Return value of the handler; absent after an error. */
  result?: unknown;
  error?: { errorType: string; errorMessage: string };
  /** Lines that the function wrote to standard output and standard error. */
  log: string[];
  /** Time to load the handler's module. */
  initMilliseconds: number;
  runMilliseconds: number;
}

/** Input of the function's process on standard input. */
export interface LambdaEvent {
  payload: unknown;
  requestId: string;
  arn: string;
  name: string;
  /** Timeout of the function in milliseconds. */
  limit: number;
  /** Milliseconds by which the function's clock is ahead of the machine's clock. */
  clockAhead: number;
}

const runtime = fileURLToPath(new URL("lambda-runtime.ts", import.meta.url));

const outcomeModel = z.object({
  result: z.unknown().optional(),
  error: z.object({ errorType: z.string(), errorMessage: z.string() }).optional(),
  initMilliseconds: z.number(),
  runMilliseconds: z.number(),
});

/** Reply of GetFunctionConfiguration. Source: AWS Lambda API Reference. */
export function configurationOf({ arn, name, role, ...lambda }: LambdaFunction): object {
  const [, partition, , , account] = arn.split(":");
  return {
    FunctionName: name,
    FunctionArn: arn,
    Role: `arn:${partition}:iam::${account}:role/${role.name}`,
    Runtime: "nodejs24.x",
    Handler: lambda.handler,
    Timeout: lambda.timeoutSeconds,
    MemorySize: lambda.memoryMiB,
    Architectures: [lambda.architecture],
    Environment: { Variables: lambda.environment },
    LoggingConfig: { LogGroup: lambda.logGroup, LogFormat: lambda.logFormat },
    State: "Active",
    LastUpdateStatus: "Successful",
  };
}

/**
 * Runs the function in a separate process whose environment contains only Lambda's variables. Kills it at its timeout.
 * The process's clock is `clockAhead` milliseconds ahead of this machine's.
 */
export async function invoke(
  lambda: LambdaFunction,
  payload: unknown,
  endpoint: string,
  clockAhead = 0,
): Promise<Invoked> {
  const started = performance.now();
  const child = spawn(process.execPath, [runtime], {
    cwd: lambda.code,
    // The next cold start reuses the compiled code. It is in the deployment's directory, so it is deleted with it.
    env: { ...lambdaEnvironment(lambda, endpoint), NODE_COMPILE_CACHE: resolve(lambda.code, "../compile-cache") },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const requestId = randomUUID();
  const limit = lambda.timeoutSeconds * 1000;
  const timer = setTimeout(() => child.kill("SIGKILL"), limit);
  const [stdin, stdout, stderr, outcome] = child.stdio;
  if (!stdin || !stdout || !stderr || !outcome || !("read" in outcome)) throw new Error("the child has no pipes");
  const { arn, name } = lambda;
  stdin.end(JSON.stringify({ payload, requestId, arn, name, limit, clockAhead } satisfies LambdaEvent));
  const [out, err, answer] = await Promise.all([text(stdout), text(stderr), text(outcome), once(child, "close")]);
  clearTimeout(timer);
  const log = mayLog(lambda) ? [...lines(out), ...lines(err)] : [];
  if (answer !== "") return { log, ...withoutUndefined(outcomeModel.parse(JSON.parse(answer))) };
  const elapsed = performance.now() - started;
  const error = elapsed >= limit ? timedOut(requestId, lambda) : exited(requestId);
  return { error, log, initMilliseconds: 0, runMilliseconds: elapsed };
}

/**
 * Environment of the function's process. Source: AWS Lambda Developer Guide, "Defined runtime environment variables".
 */
export function lambdaEnvironment(lambda: LambdaFunction, endpoint: string): Record<string, string> {
  const region = lambda.arn.split(":")[3] ?? "";
  return {
    ...lambda.environment,
    _HANDLER: lambda.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: lambda.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memoryMiB),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: lambda.logGroup,
    AWS_LAMBDA_LOG_FORMAT: lambda.logFormat,
    AWS_ACCESS_KEY_ID: lambda.accessKeyId,
    AWS_SECRET_ACCESS_KEY: "local-aws",
    AWS_SESSION_TOKEN: "local-aws",
    AWS_ENDPOINT_URL: endpoint,
    LAMBDA_TASK_ROOT: resolve(lambda.code),
    LANG: "en_US.UTF-8",
    PATH: "/usr/local/bin:/usr/bin:/bin",
    TZ: ":UTC",
  };
}

/** Whether the function's role allows writing logs. Without this permission, Lambda drops the log without an error. */
function mayLog({ arn, role, logGroup }: LambdaFunction): boolean {
  const [, partition, , region, account] = arn.split(":");
  const resource = `arn:${partition}:logs:${region}:${account}:log-group:${logGroup}:log-stream:local-aws`;
  return ["logs:CreateLogStream", "logs:PutLogEvents"].every((action) => mayDo(role, { action, resource }));
}

const lines = (output: string) => output.split("\n").filter((line) => line !== "");

function withoutUndefined({ result, error, ...times }: z.output<typeof outcomeModel>) {
  return { ...times, ...(error ? { error } : { result }) };
}

function timedOut(requestId: string, { timeoutSeconds }: LambdaFunction) {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return { errorType: "Sandbox.Timedout", errorMessage };
}

function exited(requestId: string) {
  const errorMessage = `RequestId: ${requestId} Error: Runtime exited without providing a reason`;
  return { errorType: "Runtime.ExitError", errorMessage };
}
