/** Runs the real handler once in simulated time and sends its cost to the parent process. */

/** Timeout of the function in milliseconds, as in lib/audit-function.ts. */
const timeout = 900_000;

export interface Outcome {
  error?: string;
  seconds: number;
  cpuSeconds: number;
  peakHeapMB: number;
  peakMemoryMB: number;
}

// Ends this process with the benchmark, even if the benchmark crashes.
process.once("disconnect", () => process.exit());

const { handler } = await import("../../lambda/index.ts");
const started = Date.now();
const cpu = process.cpuUsage();
let peak = 0;
const look = () => {
  peak = Math.max(peak, process.memoryUsage().heapUsed);
};
setInterval(look, 20).unref();
const error = await handler(
  {},
  {
    awsRequestId: "bench",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:111122223333:function:bench",
    getRemainingTimeInMillis: () => timeout - (Date.now() - started),
  },
).then(
  () => undefined,
  (thrown: unknown) => String(thrown),
);
look();
const { user, system } = process.cpuUsage(cpu);
const outcome: Outcome = {
  ...(error !== undefined && { error }),
  seconds: (Date.now() - started) / 1000,
  cpuSeconds: (user + system) / 1e6,
  peakHeapMB: peak / 1e6,
  peakMemoryMB: process.resourceUsage().maxRSS / 1e3,
};
process.send?.(outcome, () => process.disconnect());
