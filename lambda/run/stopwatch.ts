export interface Stopwatch {
  /** Seconds by phase, to the millisecond. Phases overlap: some nodes are judged while the run waits for others. */
  phases: Record<string, number>;
  /** Seconds since the start, to the millisecond. */
  seconds(): number;
  /** Does the work and adds its duration to the phase, even if the work throws. */
  time<Result>(phase: string, work: () => Result | Promise<Result>): Promise<Result>;
  /** Yields the values of the source and adds the time of waiting for them to the phase. */
  timeEach<Member>(phase: string, source: AsyncGenerator<Member, void>): AsyncGenerator<Member, void>;
}

export function startStopwatch(): Stopwatch {
  const phases: Record<string, number> = {};
  const began = performance.now();
  const seconds = () => Math.round(performance.now() - began) / 1000;
  const time: Stopwatch["time"] = async (phase, work) => {
    const start = performance.now();
    try {
      return await work();
    } finally {
      phases[phase] = Math.round((phases[phase] ?? 0) * 1000 + performance.now() - start) / 1000;
    }
  };
  async function* timeEach<Member>(phase: string, source: AsyncGenerator<Member, void>) {
    try {
      for (let next = await time(phase, () => source.next()); !next.done; next = await time(phase, () => source.next()))
        yield next.value;
    } finally {
      await source.return();
    }
  }
  return { phases, seconds, time, timeEach };
}
