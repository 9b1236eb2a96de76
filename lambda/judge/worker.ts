import { parentPort, workerData } from "node:worker_threads";
import type { OwnRule } from "../own-rules/own-rule.ts";
import { rules } from "../rules/index.ts";
import type { Rule } from "../rules/kit/rule.ts";
import { judgeNode } from "./judge-node.ts";
import { answerWith, type FromWorker, type WorkerOptions } from "./worker-messages.ts";

/** The code of the judging thread. */
const options: WorkerOptions = workerData;
const { ownRules } = options;
const ruleSet = ownRules.length === 0 ? rules : [...rules, ...(await compiled(ownRules))];

const answer = answerWith((input) => judgeNode(input, ruleSet), options);
const post = (message: FromWorker) => parentPort?.postMessage(message);
parentPort?.on("message", (message) => post(answer(message)));
post("ready");

/** Loads the compiler only if there are own rules, because loading it takes a sixth of the start of the thread. */
async function compiled(ownRules: readonly OwnRule[]): Promise<Rule[]> {
  const { ownRuleCompiler } = await import("../own-rules/compile.ts");
  return ownRules.map(ownRuleCompiler().compile);
}
