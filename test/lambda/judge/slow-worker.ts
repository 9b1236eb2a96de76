import { parentPort, workerData } from "node:worker_threads";
import { judgeNode } from "../../../lambda/judge/judge-node.ts";
import { answerWith, type FromWorker, type ToWorker } from "../../../lambda/judge/worker-messages.ts";

/** Replaces the judging thread in tests. The node's output determines what the thread does. */
const actions: Readonly<Record<string, () => void>> = {
  "endless loop": () => {
    while (parentPort) {}
  },
  "endless regular expression": () => /^(a+)+$/.test(`${"a".repeat(60)}b`),
  exit: () => process.exit(7),
  throw: () => {
    throw new TypeError("defect");
  },
};
const answer = answerWith(judgeNode, workerData);
const post = (message: FromWorker) => parentPort?.postMessage(message);
parentPort?.on("message", (message: ToWorker) => {
  for (const [index, { collected }] of message) {
    Atomics.store(workerData.current, 0, index);
    // An error here ends the thread. An error inside `answerWith` would not.
    if ("output" in collected) actions[collected.output]?.();
  }
  post(answer(message));
});
post("ready");
