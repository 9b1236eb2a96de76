import "../run/no-eval.ts";
import { parentPort, workerData } from "node:worker_threads";
import { ownRuleCompiler } from "../own-rules/compile.ts";
import { rules } from "../rules/index.ts";
import { judgeNode } from "./judge-node.ts";
import { answerWith, type FromWorker, type WorkerOptions } from "./worker-messages.ts";

/** The code of the judging thread. */
const options: WorkerOptions = workerData;
const { ownRules } = options;
const ruleSet = ownRules.length === 0 ? rules : [...rules, ...ownRules.map(ownRuleCompiler().compile)];

const answer = answerWith((input) => judgeNode(input, ruleSet), options);
const post = (message: FromWorker) => parentPort?.postMessage(message);
parentPort?.on("message", (message) => post(answer(message)));
post("ready");
