import { expect, test } from "vitest";
import { RuleChoiceError, readRuleChoice } from "../../../../lambda/rules/kit/choice.ts";

test("rules can be switched off and weighed otherwise", () => {
  const choice = { "event-qps": "off", "client-ca-file": "CRITICAL" };
  expect(readRuleChoice(JSON.stringify(choice))).toEqual(choice);
});

test.each([undefined, "", "{}"])("%o leaves all rules as they are", (json) => {
  expect(readRuleChoice(json)).toEqual({});
});

test.each([
  ['{"client-ca-fil": "off"}', 'no rule is named "client-ca-fil"; did you mean "client-ca-file"?'],
  ['{"anonymousauth": "off"}', 'did you mean "anonymous-auth"?'],
  ['{"constructor": "off"}', "no rule is named"],
  ['{"event-qps": "of"}', "event-qps"],
  ['{"event-qps": "low"}', "event-qps"],
  ['["event-qps"]', "expected record"],
  ["event-qps", "is not JSON"],
])("%s is refused in words", (json, problem) => {
  expect(() => readRuleChoice(json)).toThrow(RuleChoiceError);
  expect(() => readRuleChoice(json)).toThrow(problem);
});
