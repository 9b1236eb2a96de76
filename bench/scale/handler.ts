/** Runs the real handler once, in a process of its own with simulated time, and tells what that took. */

/** Milliseconds that Lambda gives a run, as lib/audit-function.ts asks for. */
const timeout = 900_000;

export interface Outcome {
  error?: string;
  seconds: number;
  cpuSeconds: number;
  peakHeapMB: number;
  peakMemoryMB: number;
}

// Nobody is left to be told, however the benchmark came to its end.
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
