import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const webhook = { authorization: { mode: "Webhook" } };
const alwaysAllow = { authorization: { mode: "AlwaysAllow" } };

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["a config file that does not mention the mode means Webhook", { file: {} }, "passed", "default with a config file"],
  ["a kubelet without a config file allows all", {}, "failed", "default without a config file"],
  ["the config file allows all", { file: alwaysAllow }, "failed", '"AlwaysAllow" because'],
  ["a drop-in allows all", { file: webhook, dropIns: { "a.conf": alwaysAllow } }, "failed", 'it overrides "Webhook"'],
  ["a flag allows all", { file: webhook, flags: ["--authorization-mode", "AlwaysAllow"] }, "failed", "(flag)"],
  ["a flag sets Webhook", { flags: ["--authorization-mode=Webhook"] }, "passed", "--authorization-mode=Webhook (flag)"],
  [
    "an empty mode in the file is the default",
    { file: { authorization: { mode: "" } } },
    "passed",
    "counts as not set",
  ],
];

test.each(rows)("%s", (_, state, status, because) => {
  const verdict = verdictsOn(state)["authorization-mode"];
  expect(verdict).toMatchObject({ status, because: expect.stringContaining(because) });
});

test("an invalid mode gives no verdict, because the kubelet would not start", () => {
  const verdict = verdictsOn({ file: { authorization: { mode: "webhook" } } })["authorization-mode"];
  expect(verdict).toMatchObject({ status: "notAvailable", reason: "KUBELET_WOULD_NOT_START" });
});
