import { expect, test } from "vitest";
import { judgeNode } from "../../../../lambda/judge/judge-node.ts";
import { node } from "../../../kit/results.ts";
import { caFile, cluster, collected, type NodeState, startedAt } from "../../../node-state.ts";

const stig = { benchmarks: ["stig"] } as const;

function verdict(state: NodeState, rule: string, input: object = stig) {
  const judged = judgeNode({ collected: { output: collected(state) }, cluster, now: startedAt, ...input });
  return judged.verdicts.find(({ rule: { id } }) => id === rule)?.verdict;
}

const ca = { authentication: { x509: { clientCAFile: caFile } } };
const caFlag = `--client-ca-file=${caFile}`;

/**
 * States that pass by effect, with the number of the STIG check whose text fails them; undefined if the text passes
 * them.
 */
const rows: [rule: string, title: string, state: NodeState, number: string | undefined][] = [
  [
    "anonymous-auth",
    "the key is in the file",
    { file: { authentication: { anonymous: { enabled: false } } } },
    undefined,
  ],
  ["anonymous-auth", "the default is false", { file: {} }, "V-242391"],
  ["anonymous-auth", "a flag sets it", { flags: ["--anonymous-auth=false"] }, "V-242391"],
  [
    "anonymous-auth",
    "a flag repeats the file",
    { file: { authentication: { anonymous: { enabled: false } } }, flags: ["--anonymous-auth=false"] },
    "V-242391",
  ],
  ["authorization-mode", "the mode is in the file", { file: { authorization: { mode: "Webhook" } } }, "V-242392"],
  ["authorization-mode", "the flag sets it", { file: {}, flags: ["--authorization-mode=Webhook"] }, undefined],
  ["client-ca-file", "the key is in the file", { file: ca }, undefined],
  ["client-ca-file", "a drop-in sets the key", { file: {}, dropIns: { "a.conf": ca } }, undefined],
  ["client-ca-file", "a flag sets it", { file: {}, flags: [caFlag] }, "V-242420"],
  ["client-ca-file-mode", "a flag names the file", { flags: [caFlag] }, "V-242449"],
  ["client-ca-file-owner", "a flag names the file", { flags: [caFlag] }, "V-242450"],
  ["read-only-port", "the key is absent", { file: {} }, undefined],
  ["read-only-port", "a flag sets it", { flags: ["--read-only-port=0"] }, "V-242387"],
  ["streaming-idle-timeout", "the default is 4 hours", { file: {} }, "V-245541"],
  ["streaming-idle-timeout", "the file sets 5 minutes", { file: { streamingConnectionIdleTimeout: "5m" } }, undefined],
  ["protect-kernel-defaults", "the key is in the file", { file: { protectKernelDefaults: true } }, undefined],
  ["protect-kernel-defaults", "a flag sets it", { file: {}, flags: ["--protect-kernel-defaults"] }, "V-242434"],
  ["serving-certificate", "the cluster signs it", { file: { serverTLSBootstrap: true } }, "V-242424"],
  ["static-pods", "the key is absent", { file: {} }, undefined],
  ["static-pods", "an empty flag", { file: {}, flags: ["--pod-manifest-path="] }, "V-242397"],
  ["hostname-override", "the flag has the instance's id", { flags: ["--hostname-override=i-0abc"] }, "V-242404"],
  ["hostname-override", "there is no flag", { file: {} }, undefined],
];

test.each(rows)(
  "%s, %s: the rule passes by effect, and the reason has a remark if the letter fails",
  (rule, _, state, number) => {
    const found = verdict(state, rule, { ...stig, node: node() });
    expect(found).toMatchObject({ status: "passed" });
    if (number) expect(found?.because).toContain(`The node breaks the text of ${number} of the STIG: `);
    else expect(found?.because).not.toContain("STIG");
  },
);

test.each(rows)("%s, %s: with stigByLetter the letter decides", (rule, _, state, number) => {
  const found = verdict(state, rule, { ...stig, node: node(), stigByLetter: true });
  expect(found).toMatchObject({ status: number ? "failed" : "passed", ...(number && { letter: number }) });
});

test("the letter decides where the effect is unknown: saved evidence does not contain the names of the instance", () => {
  const state = { flags: ["--hostname-override=master-1"] };
  expect(verdict(state, "hostname-override")).toMatchObject({ status: "notAvailable", reason: "EVIDENCE_INCOMPLETE" });
  const found = verdict(state, "hostname-override", { ...stig, stigByLetter: true });
  expect(found).toMatchObject({ status: "failed", because: expect.stringContaining("V-242404") });
  expect(found).not.toHaveProperty("reason");
});

test("the fix for a forbidden flag removes the flag, without its value", () => {
  const found = verdict({ flags: ["--read-only-port=0"] }, "read-only-port", { ...stig, stigByLetter: true });
  expect(found?.fix).toMatch(
    /^Remove --read-only-port from the kubelet's flags in the user data, and set readOnlyPort in/,
  );
});

test("without the STIG, reasons have no remark and stigByLetter has no effect", () => {
  const found = verdict({ flags: ["--read-only-port=0"] }, "read-only-port", { stigByLetter: true });
  expect(found).toMatchObject({ status: "passed", because: expect.not.stringContaining("STIG") });
});

test("a node whose effective configuration fails also fails by letter, and the reason states that the STIG's check ignores drop-ins", () => {
  const state = { file: { readOnlyPort: 0 }, dropIns: { "a.conf": { readOnlyPort: 10255 } } };
  for (const stigByLetter of [true, false])
    expect(verdict(state, "read-only-port", { ...stig, stigByLetter })).toMatchObject({
      status: "failed",
      because: expect.stringMatching(/does not see this drop-in\.$/),
    });
});

test.each([
  ["4h", "passed"],
  ["5m", "passed"],
  ["1h30s", "passed"],
  ["4m59s", "failed"],
  ["300s", "passed"],
  ["299s", "failed"],
  ["900ms", "failed"],
  ["-1h", "failed"],
])("with the STIG, an idle timeout of %s %s: the limit is 5 minutes", (streamingConnectionIdleTimeout, status) => {
  const state = { file: { streamingConnectionIdleTimeout } };
  expect(verdict(state, "streaming-idle-timeout")).toMatchObject({ status });
  expect(verdict(state, "streaming-idle-timeout", {})).toMatchObject({ status: "passed" });
});
