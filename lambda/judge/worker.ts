import "../run/no-eval.ts";
import { parentPort, workerData } from "node:worker_threads";
import { ownRuleCompiler } from "../own-rules/compile.ts";
import { rules } from "../rules/index.ts";
import { judgeNode } from "./judge-node.ts";
import { type FromWorker, plainly, type ToWorker, type WorkerOptions } from "./worker-messages.ts";

const options: WorkerOptions = workerData ?? { withSettings: false, ownRules: [] };
const { ownRules } = options;
const ruleSet = ownRules.length === 0 ? rules : [...rules, ...ownRules.map(ownRuleCompiler().compile)];

/** The code of the judging thread. It sends one reply for each node, in order. */
const post = (message: FromWorker) => parentPort?.postMessage(message);

parentPort?.on("message", (input: ToWorker) => {
  try {
    post({ judged: plainly(judgeNode(input, ruleSet), options) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    post({ error: { name, message } });
  }
});
post("ready");
