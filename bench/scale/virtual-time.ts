/**
 * Simulated time, preloaded into both processes of the benchmark. Waits take no time; computing takes its CPU time,
 * divided by the function's share of a processor. The handler's process sets the clock: the computing of all its
 * threads plus all skipped waits. The process with the embedded AWS follows: a header of each request carries the time,
 * and a header of each reply carries the latency of AWS.
 */
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import threads from "node:worker_threads";
import { latencyOf } from "./aws-times.ts";

interface Timer {
  due: number;
  /**
   * Whether the timer is the timeout of other work. If only timeouts are waiting, time does not skip to them, because
   * the work can still finish without a simulated timer.
   */
  isDeadline: boolean;
  order: number;
  fire(): void;
}

/** Epoch milliseconds at the start of both processes. */
const start = Number(process.env.BENCH_EPOCH);
/** The function's share of a processor. The simulated time of computing is its CPU time divided by this share. */
const share = Number(process.env.BENCH_SHARE ?? 1);
const leads = process.env.BENCH_ROLE === "handler";
const real = { Date, setTimeout, setImmediate };
const header = { now: "x-bench-now", latency: "x-bench-latency" };

/**
 * `skipped`: milliseconds of skipped waits. `received`: time of the last request. `order`: number of the last timer.
 * `underWay`: number of open requests.
 */
let [skipped, received, order, underWay] = [0, start, 0, 0];
const waiting = new Map<number, Timer>();

/** Simulated epoch milliseconds. */
export function now(): number {
  if (!leads) return received;
  const { user, system } = process.cpuUsage();
  return start + skipped + (user + system) / 1000 / share;
}

function later(milliseconds: number, fire: () => void, isDeadline = false): number {
  order += 1;
  waiting.set(order, { due: now() + Math.max(0, milliseconds || 0), isDeadline, order, fire });
  if (leads) pump();
  return order;
}

/** The timer that fires next. Undefined if no timer is waiting, or only deadlines of which none is due. */
function earliest(): Timer | undefined {
  let first: Timer | undefined;
  let isWaiting = false;
  for (const timer of waiting.values()) {
    if (!first || timer.due < first.due) first = timer;
    isWaiting ||= !timer.isDeadline;
  }
  return isWaiting || (first && first.due <= now()) ? first : undefined;
}

function run(timer: Timer): void {
  waiting.delete(timer.order);
  timer.fire();
}

let isPumping = false;
/** Fires the next timer when no request is open and the event loop is idle. Skips the wait until then. */
function pump(): void {
  if (isPumping) return;
  isPumping = true;
  real.setImmediate(() =>
    real.setImmediate(() => {
      isPumping = false;
      const next = earliest();
      if (!next) return;
      const wait = next.due - now();
      if (wait > 0 && underWay > 0) return;
      if (wait > 0) skipped += wait;
      run(next);
      pump();
    }),
  );
}

/** Fires all timers that are due at `moment`, then sets the clock to it. */
async function advanceTo(moment: number): Promise<void> {
  for (let next = earliest(); next && next.due <= moment; next = earliest()) {
    received = Math.max(received, next.due);
    for (const timer of [...waiting.values()].filter(({ due }) => due <= received)) run(timer);
    await new Promise((done) => real.setImmediate(done));
  }
  received = Math.max(received, moment);
}

class SimulatedDate extends real.Date {
  constructor(...parts: [] | [number | string | Date]) {
    super(...((parts.length === 0 ? [now()] : parts) as [number]));
  }
  static override now = (): number => Math.floor(now());
}

function handle(id: number): NodeJS.Timeout {
  const timer = {
    ref: () => timer,
    unref: () => timer,
    hasRef: () => true,
    refresh: () => timer,
    [Symbol.toPrimitive]: () => id,
  };
  return timer as unknown as NodeJS.Timeout;
}

const setSimulated = (fire: (...parts: unknown[]) => void, milliseconds = 0, ...parts: unknown[]) =>
  handle(later(milliseconds, () => fire(...parts)));
const clearSimulated = (timer: unknown) => timer && waiting.delete(Number(timer));
Object.assign(timers, { setTimeout: setSimulated, clearTimeout: clearSimulated });
Object.assign(globalThis, { Date: SimulatedDate, setTimeout: setSimulated, clearTimeout: clearSimulated });
Object.assign(timersPromises, {
  setTimeout: (milliseconds = 0, value?: unknown) => new Promise((done) => later(milliseconds, () => done(value))),
});
AbortSignal.timeout = (milliseconds) => {
  const controller = new AbortController();
  later(milliseconds, () => controller.abort(new DOMException("The operation timed out", "TimeoutError")), true);
  return controller.signal;
};
performance.now = () => now() - start;

/**
 * A thread that replies once for each message, and once when it has started. Simulated time stops while a
 * reply is due, and while the thread ends, because its end takes real time.
 */
class SimulatedWorker extends threads.Worker {
  #due = 0;

  constructor(file: string | URL, options: threads.WorkerOptions = {}) {
    // The thread reads no clock, so it does not load this file.
    super(file, { ...options, execArgv: [] });
    this.#expect(1);
    this.on("message", () => this.#expect(-1));
    this.once("exit", () => this.#expect(-this.#due));
  }

  override postMessage(message: unknown): void {
    this.#expect(1);
    super.postMessage(message);
  }

  override terminate(): Promise<number> {
    const hasExited = this.threadId === -1;
    if (!hasExited) this.#expect(1);
    return super.terminate();
  }

  #expect(replies: number): void {
    this.#due += replies;
    underWay += replies;
    if (replies < 0) pump();
  }
}

if (leads) {
  threads.Worker = SimulatedWorker;
  const { request } = http;
  http.request = ((...parts: Parameters<typeof request>) => {
    const sent = request(...parts);
    sent.setHeader(header.now, String(now()));
    const emit = sent.emit.bind(sent);
    underWay += 1;
    const settle = () => {
      underWay -= 1;
      pump();
    };
    sent.once("error", settle);
    sent.emit = (event: string | symbol, ...args: unknown[]) => {
      if (event !== "response") return emit(event, ...args);
      const reply = args[0] as http.IncomingMessage;
      settle();
      later(Number(reply.headers[header.latency] ?? 0), () => {
        // A reply has closed if the handler cancelled its request meanwhile.
        if (!reply.closed) {
          underWay += 1;
          reply.once("close", settle);
        }
        emit(event, reply);
      });
      return true;
    };
    return sent;
  }) as typeof request;
} else {
  const { createServer } = http;
  http.createServer = ((listener: http.RequestListener) => {
    const server = createServer((request, reply) => {
      const moment = Number(request.headers[header.now] ?? received);
      reply.setHeader(header.latency, latencyOf(request.headers));
      void advanceTo(moment).then(() => listener(request, reply));
    });
    // Never closes idle connections: in real time, the pause between two requests can be long.
    server.keepAliveTimeout = 0;
    return server;
  }) as typeof createServer;
}
syncBuiltinESMExports();
