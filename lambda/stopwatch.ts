export interface Stopwatch {
  /** Seconds by phase, to the millisecond. */
  phases: Record<string, number>;
  /** Does the work and notes how long it took. */
  time<Result>(phase: string, work: () => Result | Promise<Result>): Promise<Result>;
}

export function startStopwatch(): Stopwatch {
  const phases: Record<string, number> = {};
  const time: Stopwatch["time"] = async (phase, work) => {
    const start = performance.now();
    const result = await work();
    phases[phase] = Math.round(performance.now() - start) / 1000;
    return result;
  };
  return { phases, time };
}
