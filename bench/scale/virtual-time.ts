/**
 * Preloaded into the benchmark's two processes: waiting takes no time, computing takes the time it takes. The process of
 * the handler leads: its clock is the CPU time it has used plus all waits it was spared. The embedded AWS follows: each
 * request tells it the time, and each reply tells how long AWS would have taken.
 */
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { latencyOf } from "./aws-times.ts";

interface Timer {
  due: number;
  order: number;
  fire(): void;
}

/** Epoch milliseconds at which both processes begin. */
const start = Number(process.env.BENCH_EPOCH);
const leads = process.env.BENCH_ROLE === "handler";
const real = { Date, setTimeout, setImmediate };
const header = { now: "x-bench-now", latency: "x-bench-latency" };

let [spared, told, order, underWay] = [0, start, 0, 0];
const waiting = new Map<number, Timer>();

/** Simulated epoch milliseconds. */
export function now(): number {
  if (!leads) return told;
  const { user, system } = process.cpuUsage();
  return start + spared + (user + system) / 1000;
}

function later(milliseconds: number, fire: () => void): number {
  order += 1;
  waiting.set(order, { due: now() + Math.max(0, milliseconds || 0), order, fire });
  if (leads) pump();
  return order;
}

function earliest(): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of waiting.values()) if (!first || timer.due < first.due) first = timer;
  return first;
}

function run(timer: Timer): void {
  waiting.delete(timer.order);
  timer.fire();
}

let isPumping = false;
/** Once nothing is under way and nothing else is left to do, the time of the next timer has come. */
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
      if (wait > 0) spared += wait;
      run(next);
      pump();
    }),
  );
}

/** Lets everything happen that is due by then. */
async function advanceTo(moment: number): Promise<void> {
  for (let next = earliest(); next && next.due <= moment; next = earliest()) {
    told = Math.max(told, next.due);
    for (const timer of [...waiting.values()].filter(({ due }) => due <= told)) run(timer);
    await new Promise((done) => real.setImmediate(done));
  }
  told = Math.max(told, moment);
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
performance.now = () => now() - start;

if (leads) {
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
        underWay += 1;
        reply.once("close", settle);
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
      const moment = Number(request.headers[header.now] ?? told);
      reply.setHeader(header.latency, latencyOf(request.headers));
      void advanceTo(moment).then(() => listener(request, reply));
    });
    // Between two requests the machine may need longer than any server keeps an idle connection.
    server.keepAliveTimeout = 0;
    return server;
  }) as typeof createServer;
}
syncBuiltinESMExports();
