import { expect, onTestFinished, test } from "vitest";
import { type JudgeInput, judgeNode, type NodeVerdicts } from "../../../lambda/judge/judge-node.ts";
import { type Answer, startJudgeThread } from "../../../lambda/judge/judge-thread.ts";
import { caFile, cluster, collected, config, everyRule, type NodeState, otherCA, startedAt } from "../../node-state.ts";

const good = collected({});
const inputs = (outputs: readonly string[]) => outputs.map((output) => ({ collected: { output }, now: startedAt }));
const slowWorker = new URL("./slow-worker.ts", import.meta.url);
const bounds = { cpuTime: 300, looks: 600 };
const never = new AbortController().signal;

function threadWith(options?: Parameters<typeof startJudgeThread>[0]) {
  const started = startJudgeThread(options);
  onTestFinished(() => started[Symbol.asyncDispose]());
  return started;
}

/** The answer as a short text. */
function inShort(answer: Answer): string {
  if ("judged" in answer) return answer.judged.unreadable?.code ?? "judged";
  return "unreadable" in answer ? answer.unreadable.code : `${answer.error.name}: ${answer.error.message}`;
}

test("the thread gives the same verdicts as judging without it, in order", async () => {
  const outputs = Array.from({ length: 50 }, (_, index) => collected({ file: { eventRecordQPS: index } }));
  const answers = await threadWith().judge(inputs(outputs), never);
  const { evidence, kubelet, ...expected } = judgeNode({ collected: { output: outputs[49] ?? "" }, now: startedAt });
  expect(answers).toHaveLength(50);
  expect(answers[49]).toEqual({ judged: expected });
});

test("nodes that differ in one input each get their own verdicts, in whatever order they are judged", async () => {
  const file = { authentication: { x509: { clientCAFile: caFile } } };
  const state: NodeState = { version: "1.33", file, dropIns: { "10.conf": {} } };
  const base: JudgeInput = {
    collected: { output: collected(state) },
    cluster,
    now: startedAt + 3600,
    rules: everyRule,
  };
  const withState = (change: NodeState) => ({ ...base, collected: { output: collected({ ...state, ...change }) } });
  const differing: JudgeInput[] = [
    base,
    withState({ version: "1.30" }),
    withState({ file: { ...file, eventRecordQPS: 51 } }),
    withState({ dropIns: { "11.conf": {} } }),
    withState({ dropIns: { "10.conf": { readOnlyPort: 10255 } } }),
    withState({ flags: ["--hostname-override=one"] }),
    withState({ flags: ["--hostname-override=two"] }),
    withState({ files: { [caFile]: { certificates: [otherCA] } } }),
    withState({ files: { [config]: { mode: 0o666 } } }),
    withState({ files: { [config]: { modifiedAt: startedAt + 60 } } }),
    withState({ os: "ID=windows" }),
    { ...base, now: base.now + 20 * 365 * 24 * 3600 },
    { ...base, cluster: {} },
    { ...base, benchmarkVersion: "1.0.1", rules: { "read-only-port": "off" } },
    { ...base, benchmarks: ["stig"], stigByLetter: true },
  ];
  const texts = (all: readonly Pick<NodeVerdicts, "verdicts">[]) =>
    all.map(({ verdicts }) => verdicts.map(({ rule, verdict }) => `${rule.id} ${verdict.because}`).join("\n"));
  const alone = texts(differing.toReversed().map((input) => judgeNode(input))).toReversed();
  expect(alone.map((text) => alone.indexOf(text))).toEqual([...differing.keys()]);
  const answers = await threadWith().judge([...differing, ...differing], never);
  expect(texts(answers.flatMap((answer) => ("judged" in answer ? answer.judged : [])))).toEqual([...alone, ...alone]);
});

test("with `withSettings`, the thread sends the settings that rules read and the settings that files or flags set", async () => {
  const output = collected({ file: { maxPods: 58, providerID: "aws:///us-east-1a/i-0abc", kubeAPIQPS: 50 } });
  const [answer] = await threadWith({ withSettings: true }).judge(inputs([output]), never);
  const { kubelet } = judgeNode({ collected: { output }, now: startedAt });
  const settings = answer && "judged" in answer ? answer.judged.settings : {};
  expect(settings).toMatchObject({
    ...kubelet?.settings,
    maxPods: { value: 58, from: { layer: "file", where: config }, overrode: [] },
  });
  expect(settings).not.toHaveProperty("providerID");
  expect(settings).not.toHaveProperty("podsPerCore");
});

test.each(["endless loop", "endless regular expression"])(
  "a node that keeps the thread busy with an %s is EVIDENCE_TOO_COSTLY, and the other nodes are judged",
  async (output) => {
    const answers = await threadWith({ file: slowWorker, bounds }).judge(inputs([good, output, good, good]), never);
    expect(answers.map(inShort)).toEqual(["judged", "EVIDENCE_TOO_COSTLY", "judged", "judged"]);
  },
);

test.each([
  ["exit", "Error: the thread ended with exit code 7"],
  ["throw", "TypeError: defect"],
])("a node on which the thread ends (%s) gets the error, and the other nodes are judged", async (output, error) => {
  const answers = await threadWith({ file: slowWorker, bounds }).judge(inputs([output, good, output, good]), never);
  expect(answers.map(inShort)).toEqual([error, "judged", error, "judged"]);
});

test("when time runs out, the remaining nodes are OUT_OF_TIME, and the thread judges the next batch", async () => {
  const started = threadWith({ file: slowWorker, bounds: { ...bounds, cpuTime: 60_000 } });
  const late = await started.judge(inputs(["endless loop", good]), AbortSignal.timeout(50));
  expect(late.map(inShort)).toEqual(["OUT_OF_TIME", "OUT_OF_TIME"]);
  expect((await started.judge(inputs([good]), never)).map(inShort)).toEqual(["judged"]);
});

test("if the thread does not start, the error names its file", async () => {
  const file = new URL("./missing-worker.ts", import.meta.url);
  const [answer] = await threadWith({ file, bounds }).judge(inputs([good]), never);
  expect(answer && inShort(answer)).toMatch(/^JudgeThreadError: The thread of .*missing-worker.ts did not start/);
});
