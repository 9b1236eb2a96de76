import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const zero = { streamingConnectionIdleTimeout: "0s" };
const flag = "--streaming-connection-idle-timeout";

const rows: [title: string, state: NodeState, status: string, value: string][] = [
  ["the config file does not contain the field", { file: {} }, "passed", "4h0m0s"],
  ["the kubelet has neither a config file nor flags", {}, "passed", "4h0m0s"],
  ["the config file sets 5 minutes", { file: { streamingConnectionIdleTimeout: "5m" } }, "passed", "5m0s"],
  ["a zero in the config file has no effect", { file: zero }, "passed", "4h0m0s"],
  ["a zero by flag takes effect", { file: {}, flags: [`${flag}=0s`] }, "failed", "0s"],
  ["a bare zero by flag takes effect", { flags: [`${flag}=0`] }, "failed", "0s"],
  ["a flag that begins with a zero but is not zero", { file: {}, flags: [`${flag}=0h30m`] }, "passed", "30m0s"],
  ["a zero in a drop-in, 1.28", { version: "1.28", file: {}, dropIns: { "a.conf": zero } }, "passed", "4h0m0s"],
  ["a zero in a drop-in, 1.29", { version: "1.29", file: {}, dropIns: { "a.conf": zero } }, "failed", "0s"],
  ["a zero in a drop-in, 1.31", { version: "1.31", file: {}, dropIns: { "a.conf": zero } }, "failed", "0s"],
  ["a zero in a drop-in, 1.32", { version: "1.32", file: {}, dropIns: { "a.conf": zero } }, "passed", "4h0m0s"],
];

test.each(rows)("%s", (_, state, status, value) => {
  expect(verdictsOn(state)["streaming-idle-timeout"]).toMatchObject({ status, value });
});

test("the reason mentions a zero that has no effect, because the benchmark's text forbids it", () => {
  const because = verdictsOn({ file: zero })["streaming-idle-timeout"]?.because;
  expect(because).toContain("the benchmark's text forbids a zero in a file, but the kubelet ignores this zero");
  expect(verdictsOn({ file: {} })["streaming-idle-timeout"]?.because).not.toContain("benchmark");
});
