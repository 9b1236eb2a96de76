/** A signal between parts of the run that wait for each other. */
export interface Bell {
  ring(): void;
  /** Resolves at the next call of `ring`. */
  next(): Promise<void>;
}

export function startBell(): Bell {
  let { promise, resolve } = Promise.withResolvers<void>();
  return {
    ring() {
      resolve();
      ({ promise, resolve } = Promise.withResolvers<void>());
    },
    next: () => promise,
  };
}
