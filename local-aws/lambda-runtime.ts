/**
 * Plays Lambda's Node.js runtime for one event: reads it from standard input, calls the handler of the code in the
 * working directory, writes the outcome to file descriptor 3 and ends. Started by lambda.ts, never by hand.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { z } from "zod";

const event = z.object({
  payload: z.unknown(),
  requestId: z.string(),
  arn: z.string(),
  name: z.string(),
  /** Milliseconds the function may run. */
  limit: z.number(),
});

const handlerModel = z.custom<(event: unknown, context: object) => unknown>((value) => typeof value === "function");

const { payload, requestId, arn, name, limit } = event.parse(JSON.parse(await text(process.stdin)));
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
  const code: Record<string, unknown> = await import(pathToFileURL(resolve(`${file}.mjs`)).href);
  const handler = handlerModel.parse(code[exported]);
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

/** As Lambda: the error with its stack goes to the log, name and message to the caller. */
function describe(error: unknown) {
  console.error(error);
  if (!(error instanceof Error)) return { errorType: "Error", errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message };
}
