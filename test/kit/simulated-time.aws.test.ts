import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { simulateTime } from "./simulated-time.ts";

simulateTime();

const day = 86_400_000;

/**
 * Starts a server that replies after `latency` milliseconds; returns a function that sends a request and waits for the
 * reply.
 */
async function serverWith(latency: number) {
  const server = createServer((_, response) => void sleep(latency).then(() => response.end()));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return (timeout: number) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const sent = request({ port, host: "127.0.0.1", agent: false });
    const timer = setTimeout(() => sent.destroy(new Error("timeout")), timeout);
    sent.on("response", (reply) => reply.resume().on("end", () => resolve("reply")));
    sent.on("error", ({ message }) => resolve(message)).end();
    return promise.finally(() => clearTimeout(timer));
  };
}

test("a wait of a day takes no time, and the clock shows the next day", async () => {
  const before = Date.now();
  await sleep(day);
  expect(Date.now()).toBe(before + day);
  expect(new Date()).toEqual(new Date(before + day));
});

test("the clock does not jump to the deadline of a run that has ended", async () => {
  const before = Date.now();
  AbortSignal.timeout(day);
  await new Promise((done) => setImmediate(() => setImmediate(() => setImmediate(done))));
  expect(Date.now()).toBe(before);
});

test("timers fire in the order of their times", async () => {
  const fired: string[] = [];
  setTimeout(() => fired.push("second"), 2 * day);
  setTimeout(() => fired.push("first"), day);
  clearTimeout(setTimeout(() => fired.push("never"), day));
  await sleep(3 * day);
  expect(fired).toEqual(["first", "second"]);
});

test("the clock does not jump to a timeout while a request is under way", async () => {
  const send = await serverWith(0);
  expect(await send(day)).toBe("reply");
});

test("a request times out when the server sleeps for longer than the timeout", async () => {
  const send = await serverWith(2 * day);
  expect(await send(day)).toBe("timeout");
});
