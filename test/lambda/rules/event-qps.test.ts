import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const rows: [title: string, state: NodeState, value: number, because: string][] = [
  ["the config file does not contain the field", { file: {} }, 50, "nothing sets it"],
  ["the config file sets the rate", { file: { eventRecordQPS: 5 } }, 5, "(config file) sets it"],
  ["a drop-in sets the rate", { file: {}, dropIns: { "a.conf": { eventRecordQPS: 7 } } }, 7, "(drop-in) sets it"],
  ["a flag sets the rate", { flags: ["--event-qps=9"] }, 9, "--event-qps=9 (flag) sets it"],
  ["zero means 5 up to 1.36", { file: { eventRecordQPS: 0 }, version: "1.36" }, 0, "default of 5 events per second"],
  ["zero means no limit from 1.37 on", { file: { eventRecordQPS: 0 }, version: "1.37" }, 0, "0 means no limit"],
];

test.each(rows)("the rule passes and the verdict contains the value: %s", (_, state, value, because) => {
  const verdict = verdictsOn(state)["event-qps"];
  expect(verdict).toMatchObject({ status: "passed", value, because: expect.stringContaining(because) });
});

test("a negative value gives no verdict, because the kubelet would not start", () => {
  const verdict = verdictsOn({ file: { eventRecordQPS: -1 } })["event-qps"];
  expect(verdict).toMatchObject({ status: "notAvailable", reason: "KUBELET_WOULD_NOT_START" });
});
