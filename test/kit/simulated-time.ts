/**
 * Simulated time for tests that run the auditor and the embedded AWS in one process. Waits take no time: when the
 * process has nothing else to do, the clock jumps to the next timer. Computing takes no simulated time, so that a
 * result does not depend on the speed of the machine. While a child process runs, the clock stands still.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import timersPromises from "node:timers/promises";
import threads from "node:worker_threads";
import { afterAll, beforeAll } from "vitest";

/** Simulated milliseconds that a request takes, so that two requests have different times. */
const latency = 1;

/** Real milliseconds between two checks of an activity that does not report its end, such as a child process. */
const betweenLooks = 2;

interface Timer {
  due: number;
  /**
   * Whether the timer is the deadline of a run (AbortSignal.timeout). A deadline is never removed, even when its run
   * has ended. If all remaining timers are deadlines, the clock therefore does not jump to them.
   */
  isDeadline: boolean;
  fire(): void;
}

/** A request that the embedded AWS handles. */
interface Exchange {
  response: http.ServerResponse;
  /** Number of pending sleeps in the handler. */
  sleeps: number;
}

const real = {
  Date,
  now: Date.now,
  setTimeout,
  clearTimeout,
  sleep: timersPromises.setTimeout,
  timeout: AbortSignal.timeout,
  request: http.request,
  createServer: http.createServer,
};

let isOn = false;
/** Epoch milliseconds. */
let now = 0;
const waiting = new Set<Timer>();
const exchanges = new AsyncLocalStorage<Exchange>();
const asleep = new Set<Exchange>();
/** Number of requests without a complete reply, and of messages to threads without a reply. */
const pending = { requests: 0, messages: 0 };

/** Simulates time while the tests of this file run. */
export function simulateTime(): void {
  beforeAll(() => {
    isOn = true;
    now = real.now();
  });
  afterAll(() => {
    isOn = false;
    waiting.clear();
  });
}

/** Returns the result of `work`, during which the clock stands still, because another process does the work. */
export async function outside<Result>(work: () => Promise<Result>): Promise<Result> {
  pending.requests += 1;
  try {
    return await work();
  } finally {
    pending.requests -= 1;
    pump();
  }
}

function later(milliseconds: number, fire: () => void, isDeadline = false): Timer {
  // Like Node.js, waits a whole number of milliseconds, at least one.
  const timer = { due: now + Math.max(1, Math.ceil(milliseconds || 0)), fire, isDeadline };
  waiting.add(timer);
  pump();
  return timer;
}

let isPumping = false;

/** Fires the next timer when the event loop has nothing else to do. */
function pump(): void {
  if (isPumping) return;
  isPumping = true;
  setImmediate(() => setImmediate(fireNext));
}

function fireNext(): void {
  isPumping = false;
  const next = nextTimer();
  if (!next) return;
  if (!isIdle()) {
    isPumping = true;
    real.setTimeout(fireNext, betweenLooks);
    return;
  }
  now = Math.max(now, next.due);
  waiting.delete(next);
  next.fire();
  pump();
}

function nextTimer(): Timer | undefined {
  let first: Timer | undefined;
  let isWaiting = false;
  for (const timer of waiting) {
    if (!first || timer.due < first.due) first = timer;
    isWaiting ||= !timer.isDeadline;
  }
  return isWaiting ? first : undefined;
}

/** Whether all current work waits for a timer. */
function isIdle(): boolean {
  const sleeping = [...asleep].filter(({ response }) => !response.writableEnded && !response.destroyed);
  const { requests, messages } = pending;
  return messages === 0 && requests === sleeping.length && !process.getActiveResourcesInfo().includes("ProcessWrap");
}

async function sleep(milliseconds = 1, value?: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> {
  signal?.throwIfAborted();
  const exchange = exchanges.getStore();
  if (exchange) {
    exchange.sleeps += 1;
    asleep.add(exchange);
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = later(milliseconds, resolve);
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    await promise;
    return value;
  } finally {
    waiting.delete(timer);
    signal?.removeEventListener("abort", abort);
    if (exchange) exchange.sleeps -= 1;
    if (exchange?.sleeps === 0) asleep.delete(exchange);
  }
}

class SimulatedTimeout {
  readonly timer: Timer;
  constructor(timer: Timer) {
    this.timer = timer;
  }
  ref = () => this;
  unref = () => this;
  hasRef = () => true;
}

/** A thread that replies once to each message, and once when it has started. */
class CountedWorker extends threads.Worker {
  readonly #kind: string;
  #due = 0;

  constructor(...parts: ConstructorParameters<typeof threads.Worker>) {
    super(...parts);
    this.#kind = kindOf(...parts);
    this.#count();
    this.#expect(1);
  }

  override postMessage(...parts: Parameters<threads.Worker["postMessage"]>): void {
    this.#expect(1);
    super.postMessage(...parts);
  }

  /** Keeps the thread for the next run, unless it is busy. */
  override async terminate(): Promise<number> {
    if (this.#due > 0 || idleThreads.has(this.#kind)) return super.terminate();
    for (const event of ["message", "error", "exit"]) this.removeAllListeners(event);
    this.#count();
    idleThreads.set(this.#kind, this);
    return 0;
  }

  #count(): void {
    this.on("message", () => this.#expect(-1));
    this.once("exit", () => this.#expect(-this.#due));
  }

  #expect(replies: number): void {
    this.#due += replies;
    pending.messages += replies;
    if (replies < 0) pump();
  }
}

/** A thread that waits for the next run, by its code and its data. Loading the code takes longer than most runs. */
const idleThreads = new Map<string, CountedWorker>();

function kindOf(...[file, { workerData } = {}]: ConstructorParameters<typeof threads.Worker>): string {
  return `${file} ${JSON.stringify(workerData)}`;
}

Date.now = () => (isOn ? now : real.now());
globalThis.Date = new Proxy(real.Date, {
  construct: (target, parts, newTarget) =>
    Reflect.construct(target, parts.length === 0 ? [Date.now()] : parts, newTarget),
});
globalThis.setTimeout = Object.assign(
  (fire: (...parts: unknown[]) => void, milliseconds = 0, ...parts: unknown[]) =>
    isOn
      ? new SimulatedTimeout(later(milliseconds, () => fire(...parts)))
      : real.setTimeout(fire, milliseconds, ...parts),
  real.setTimeout,
) as typeof setTimeout;
globalThis.clearTimeout = (handle) => {
  if (handle instanceof SimulatedTimeout) waiting.delete(handle.timer);
  else real.clearTimeout(handle);
};
timersPromises.setTimeout = ((...parts: Parameters<typeof sleep>) =>
  isOn ? sleep(...parts) : real.sleep(...parts)) as typeof timersPromises.setTimeout;
AbortSignal.timeout = (milliseconds) => {
  if (!isOn) return real.timeout(milliseconds);
  const controller = new AbortController();
  later(milliseconds, () => controller.abort(new DOMException("The operation timed out", "TimeoutError")), true);
  return controller.signal;
};
http.request = ((...parts: Parameters<typeof http.request>) => {
  now += latency;
  pending.requests += 1;
  return real.request(...parts).once("close", () => {
    pending.requests -= 1;
    pump();
  });
}) as typeof http.request;
http.createServer = ((listener: http.RequestListener) =>
  real.createServer((request, response) =>
    exchanges.run({ response, sleeps: 0 }, () => listener(request, response)),
  )) as typeof http.createServer;
threads.Worker = new Proxy(CountedWorker, {
  construct(target, parts: ConstructorParameters<typeof threads.Worker>) {
    const kind = kindOf(...parts);
    const thread = idleThreads.get(kind) ?? new target(...parts);
    idleThreads.delete(kind);
    return thread;
  },
});
syncBuiltinESMExports();
