import { expect, test } from "vitest";
import { ruleChoice } from "../../../../lambda/rules/kit/choice.ts";

test.each([
  ["a rule that is off and one of another severity", { "event-qps": "off", "client-ca-file": "CRITICAL" }],
  ["no rule", {}],
])("accepts %s", (_, choice) => {
  expect(ruleChoice().parse(choice)).toEqual(choice);
});

test.each([
  [{ "client-ca-fil": "off" }, "did you mean client-ca-file?"],
  [{ anonymousauth: "off" }, "did you mean anonymous-auth?"],
  [{ constructor: "off" }, "no rule has that name"],
  [{ "event-qps": "of" }, "event-qps"],
  [{ "event-qps": "low" }, "event-qps"],
  [["event-qps"], "expected record"],
])("rejects %j and states why", (choice, problem) => {
  expect(() => ruleChoice().parse(choice)).toThrow(problem);
});
