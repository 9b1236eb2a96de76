/** Invokes a deployed function once in simulated time and sends its cost to the parent process. */

export interface Invocation {
  /** Path of the module that exports the handler. */
  module: string;
  event: unknown;
  /** Milliseconds until Lambda ends the function. */
  timeout: number;
}

export interface Outcome {
  result?: unknown;
  error?: string;
  seconds: number;
  cpuSeconds: number;
  /** Largest resident set of the process in MiB, all threads included. */
  memoryMiB: number;
}

// Ends this process with the benchmark, even if the benchmark crashes.
process.once("disconnect", () => process.exit());
process.once("message", (invocation: Invocation) => void invoke(invocation));

async function invoke({ module, event, timeout }: Invocation): Promise<void> {
  const { handler } = await import(module);
  const started = Date.now();
  const cpu = process.cpuUsage();
  const context = {
    awsRequestId: "bench",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:111122223333:function:bench",
    getRemainingTimeInMillis: () => timeout - (Date.now() - started),
  };
  const end = await handler(event, context).then(
    (result: unknown) => ({ result }),
    (thrown: unknown) => ({ error: String(thrown) }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const outcome: Outcome = {
    ...end,
    seconds: (Date.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    memoryMiB: process.resourceUsage().maxRSS / 1024,
  };
  process.send?.(outcome, () => process.disconnect());
}
