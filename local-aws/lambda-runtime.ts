/**
 * Simulates Lambda's Node.js runtime for one event: reads the event from standard input, calls the handler in the
 * working directory, writes the outcome to file descriptor 3 and exits. Only lambda.ts starts it.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import type { LambdaEvent } from "./lambda.ts";

type Handler = (event: unknown, context: object) => unknown;

// Lambda does not set this variable. Node.js has already read it.
delete process.env.NODE_COMPILE_CACHE;

const { payload, requestId, arn, name, limit, clockAhead }: LambdaEvent = JSON.parse(await text(process.stdin));
const machineNow = Date.now;
Date.now = () => machineNow() + clockAhead;
const [file = "index", exported = "handler"] = (process.env._HANDLER ?? "").split(".");
const started = performance.now();
let initialized = started;
const outcome = await run().then(
  (result) => ({ result }),
  (error: unknown) => ({ error: describe(error) }),
);
const finished = performance.now();
const times = { initMilliseconds: initialized - started, runMilliseconds: finished - initialized };
writeFileSync(3, JSON.stringify({ ...outcome, ...times }));
process.exit(0);

async function run(): Promise<unknown> {
  const code: Record<string, Handler | undefined> = await import(pathToFileURL(resolve(`${file}.mjs`)).href);
  const handler = code[exported];
  if (!handler) throw new Error(`${file}.mjs does not export ${exported}`);
  initialized = performance.now();
  const deadline = initialized + limit;
  return handler(payload, {
    awsRequestId: requestId,
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: arn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: "local-aws",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - performance.now()),
  });
}

/** Like Lambda, writes the error with its stack to the log and returns name and message to the caller. */
function describe(error: unknown) {
  console.error(error);
  if (!(error instanceof Error)) return { errorType: "Error", errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message };
}
