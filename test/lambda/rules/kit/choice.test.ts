import { expect, test } from "vitest";
import { benchmarkChoice, ruleChoice } from "../../../../lambda/rules/kit/choice.ts";

test.each([
  ["a rule that is off and one of another severity", { "event-qps": "off", "client-ca-file": "CRITICAL" }],
  ["no rule", {}],
])("accepts %s", (_, choice) => {
  expect(ruleChoice().parse(choice)).toEqual(choice);
});

test.each([
  ["a number of CIS EKS", "3.2.7", "event-qps"],
  ["a number of CIS Kubernetes", "4.2.13", "pod-pids-limit"],
  ["a vulnerability id", "V-242397", "static-pods"],
  ["a vulnerability id in small letters", "v-242397", "static-pods"],
  ["an id of the STIG", "CNTR-K8-000440", "static-pods"],
  ["the second number of a rule", "V-242425", "serving-certificate"],
])("turns %s into the rule's id", (_, name, id) => {
  expect(ruleChoice().parse({ [name]: "HIGH" })).toEqual({ [id]: "HIGH" });
});

test("reads a number whose rule differs between versions as a number of the pinned version", () => {
  expect(ruleChoice().parse({ "3.2.9": "off" })).toEqual({ "rotate-server-certificate": "off" });
  expect(ruleChoice("1.2.0").parse({ "3.2.9": "off" })).toEqual({ "event-qps": "off" });
});

test.each([
  [{ "client-ca-fil": "off" }, "did you mean client-ca-file?"],
  [{ anonymousauth: "off" }, "did you mean anonymous-auth?"],
  [{ constructor: "off" }, "no rule has that name"],
  [{ "event-qps": "of" }, "event-qps"],
  [{ "event-qps": "low" }, "event-qps"],
  [["event-qps"], "expected record"],
  [{ "3.2.11": "off" }, "1.8.0 has no rule of that number. In 1.2.0 it was rotate-server-certificate."],
  [{ "4.2.33": "off" }, "did you mean 4.2.3 (client-ca-file)?"],
  [{ "V-254801": "HIGH" }, "Kubernetes 1.28 removed the gate"],
  [{ "V-242399": "HIGH" }, "feature gate DynamicKubeletConfig: Not applicable."],
  [
    { "SV-242387r960792_rule": "HIGH" },
    "SV ids change with each release of the STIG. Write V-242387 (read-only-port).",
  ],
  [{ "event-qps": "off", "3.2.7": "LOW" }, "are the same rule, event-qps"],
  [{ "V-242424": "off", "V-242425": "off" }, "are the same rule, serving-certificate"],
])("rejects %j and states why", (choice, problem) => {
  expect(() => ruleChoice().parse(choice)).toThrow(problem);
});

test("benchmarks are in one order and without duplicates", () => {
  expect(benchmarkChoice.parse(["stig", "cis-eks", "stig"])).toEqual(["cis-eks", "stig"]);
});

test.each([
  [[], "is empty; name one or more of cis-eks, cis-kubernetes, stig"],
  [["cis-ek"], '"cis-ek" is not a benchmark; did you mean cis-eks?'],
  [["nist"], "the benchmarks are cis-eks, cis-kubernetes, stig"],
  ["stig", "expected array"],
])("rejects the benchmarks %j and states why", (benchmarks, problem) => {
  const { error } = benchmarkChoice.safeParse(benchmarks);
  expect(error?.issues.map(({ message }) => message).join()).toContain(problem);
});
