import { parentPort, workerData } from "node:worker_threads";
import { judgeNode } from "../../../lambda/judge/judge-node.ts";
import { type FromWorker, plainly, type ToWorker } from "../../../lambda/judge/worker-messages.ts";

/** Replaces the judging thread in tests. The node's output determines what the thread does. */
const deeds: Readonly<Record<string, () => void>> = {
  "endless loop": () => {
    while (parentPort) {}
  },
  "endless regular expression": () => /^(a+)+$/.test(`${"a".repeat(60)}b`),
  exit: () => process.exit(7),
  throw: () => {
    throw new TypeError("defect");
  },
};
const post = (message: FromWorker) => parentPort?.postMessage(message);
parentPort?.on("message", (input: ToWorker) => {
  if ("output" in input.collected) deeds[input.collected.output]?.();
  post({ judged: plainly(judgeNode(input), workerData) });
});
post("ready");
