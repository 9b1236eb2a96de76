import { describe, expect, test } from "vitest";
import type { Result } from "../../../lambda/domain/result.ts";
import { resultsOf } from "../../../lambda/judge/results.ts";
import { rules } from "../../../lambda/rules/index.ts";
import type { Verdict } from "../../../lambda/rules/kit/rule.ts";
import { toFinding } from "../../../lambda/securityhub/asff.ts";
import { digestOf } from "../../../lambda/securityhub/digest.ts";
import { finding as asff } from "../../../local-aws/asff.ts";
import { node, nodeSubject, place, result as resultOf, ruleFacts } from "../../kit/results.ts";

const update = {
  id: "eks-kubelet-auditor/client-ca-file/111122223333/us-east-1/prod/i-0abc",
  createdAt: Date.parse("2026-11-20T08:00:00.000Z"),
  updatedAt: Date.parse("2026-11-24T09:00:00.000Z"),
};
const rule = ruleFacts({ severity: "HIGH", cis: { "1.8.0": "3.2.3" }, datadog: "def-000-c8j" });

/** A failed result of that rule, with the changes that matter to the test. */
const failed = (changes: Partial<Result> = {}) =>
  resultOf("failed", {
    rule,
    because: "clientCAFile is unset.",
    value: '""',
    from: "/etc/kubernetes/kubelet/config.json",
    ...changes,
  });
const findingOf = (result: Result) => toFinding(result, update);

/** The finding for a verdict of the rule. */
function findingOfVerdict(verdict: Verdict, subject = nodeSubject()) {
  const remediation = { al2: "", al2023: "Set it.", bottlerocket: "", ubuntu: "", windows: "", linux: "" };
  const judging = {
    ...rule,
    passes: "",
    fails: "",
    notAvailable: "",
    remediation,
    check: () => verdict,
    bottlerocket: () => verdict,
  };
  const verdicts = [{ rule: judging, severity: rule.severity, verdict }];
  const [result] = resultsOf(subject, { os: "al2023", benchmark: "1.8.0", verdicts });
  if (!result) throw new Error("A verdict makes a result");
  return findingOf(result);
}

test("a finding contains failure, resource, dates, severity and remediation, and none of the customer's fields", () => {
  expect(findingOf(failed())).toEqual({
    SchemaVersion: "2018-10-08",
    Id: "eks-kubelet-auditor/client-ca-file/111122223333/us-east-1/prod/i-0abc",
    ProductArn: "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default",
    ProductName: "eks-kubelet-auditor",
    GeneratorId: "eks-kubelet-auditor/client-ca-file",
    AwsAccountId: "111122223333",
    CreatedAt: "2026-11-20T08:00:00.000Z",
    UpdatedAt: "2026-11-24T09:00:00.000Z",
    Title: "A client CA is set",
    Description: "clientCAFile is unset. It matters.",
    Remediation: { Recommendation: { Text: "Set it.", Url: "https://www.cisecurity.org/benchmark/kubernetes" } },
    FindingProviderFields: {
      Severity: { Label: "HIGH" },
      Types: ["Software and Configuration Checks/Industry and Regulatory Standards/CIS Host Hardening Benchmarks"],
    },
    Resources: [
      {
        Type: "AwsEc2Instance",
        Id: "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc",
        Partition: "aws",
        Region: "us-east-1",
        Details: { AwsEc2Instance: {} },
      },
      {
        Type: "AwsEksCluster",
        Id: "arn:aws:eks:us-east-1:111122223333:cluster/prod",
        Partition: "aws",
        Region: "us-east-1",
        Details: { AwsEksCluster: { Name: "prod", Arn: "arn:aws:eks:us-east-1:111122223333:cluster/prod" } },
      },
    ],
    Compliance: {
      Status: "FAILED",
      StatusReasons: [{ ReasonCode: "NOT_COMPLIANT", Description: "clientCAFile is unset." }],
      RelatedRequirements: ["CIS Amazon EKS Benchmark v1.8.0/3.2.3", "Datadog def-000-c8j"],
    },
    ProductFields: {
      cluster: "prod",
      value: '""',
      from: "/etc/kubernetes/kubelet/config.json",
      benchmarkVersion: "1.8.0",
      instanceId: "i-0abc",
      nodeGroup: "general",
      nodeGroupKind: "managed node group",
      os: "al2023",
    },
    RecordState: "ACTIVE",
  });
});

describe("fields that depend on the verdict", () => {
  const because = "So it is.";
  test.each([
    ["passed is informational and has no reason", { status: "passed", because }, "PASSED", "INFORMATIONAL", undefined],
    ["failed has the rule's severity", { status: "failed", because }, "FAILED", "HIGH", "NOT_COMPLIANT"],
    [
      "failed can have a specific reason code",
      { status: "failed", because, reason: "NO_KUBELET" },
      "FAILED",
      "HIGH",
      "NO_KUBELET",
    ],
    [
      "not available is informational and has its reason",
      { status: "notAvailable", because, reason: "NO_REPLY" },
      "NOT_AVAILABLE",
      "INFORMATIONAL",
      "NO_REPLY",
    ],
  ] as [string, Verdict, string, string, string | undefined][])("%s", (_, verdict, status, severity, code) => {
    const { Compliance, FindingProviderFields } = findingOfVerdict(verdict);
    expect(Compliance?.Status).toBe(status);
    expect(FindingProviderFields?.Severity?.Label).toBe(severity);
    expect(Compliance?.StatusReasons?.map(({ ReasonCode }) => ReasonCode)).toEqual(code && [code]);
  });

  test("the verdict's own fix replaces the rule's remediation", () => {
    const verdict: Verdict = { status: "failed", because, fix: "Do this." };
    expect(findingOfVerdict(verdict).Remediation?.Recommendation?.Text).toBe("Do this.");
  });

  test.each([
    ["text unchanged", "Webhook", "Webhook"],
    ["a truth value", false, "false"],
    ["a number", 0, "0"],
    ["an empty list", [], "[]"],
    ["null", null, "null"],
    ["blanks in quotes, so that they are visible", "  ", '"  "'],
    ["nothing if there is no value", undefined, undefined],
  ])("the finding contains the value: %s", (_, value, shown) => {
    const verdict: Verdict = { status: "failed", because, ...(value !== undefined && { value }) };
    expect(findingOfVerdict(verdict).ProductFields?.value).toBe(shown);
  });
});

test("an excepted finding is informational and contains the exception's reason and end and the failure", () => {
  const exception = { reason: "Bursts are wanted here", until: "2027-03-31" };
  expect(findingOf(failed({ status: "excepted", exception }))).toMatchObject({
    Description: "Excepted until 2027-03-31: Bursts are wanted here (clientCAFile is unset. It matters.)",
    Compliance: {
      Status: "WARNING",
      StatusReasons: [
        { ReasonCode: "EXCEPTED", Description: "Excepted until 2027-03-31: Bursts are wanted here" },
        { ReasonCode: "NOT_COMPLIANT", Description: "clientCAFile is unset." },
      ],
    },
    FindingProviderFields: { Severity: { Label: "INFORMATIONAL" } },
    ProductFields: { exceptionReason: "Bursts are wanted here", exceptionUntil: "2027-03-31" },
  });
});

describe("a rule without a benchmark", () => {
  const own = ruleFacts({ id: "config-drift" });
  test("has no benchmark in its finding", () => {
    const { Compliance, ProductFields, Remediation } = findingOf(failed({ rule: own }));
    expect(Compliance).not.toHaveProperty("RelatedRequirements");
    expect(ProductFields).not.toHaveProperty("benchmarkVersion");
    expect(Remediation?.Recommendation).not.toHaveProperty("Url");
  });

  test("has no benchmark in its finding if only this benchmark version lacks the rule", () => {
    const { Compliance } = findingOf(failed({ requirements: [] }));
    expect(Compliance?.RelatedRequirements).toEqual(["Datadog def-000-c8j"]);
  });
});

test("a finding with hostile text of a node keeps Security Hub's limits and escapes unprintable characters", () => {
  const hostile = `\u001b[2J\u202e<script>\ud800\r\n${"検査".repeat(3_000)}`;
  const verdict: Verdict = { status: "failed", because: hostile, value: hostile, from: hostile, fix: hostile };
  const instance = node({ group: { kind: "self-managed", name: hostile } });
  const finding = findingOfVerdict(verdict, nodeSubject({ node: instance }));
  expect(asff.safeParse(finding).error).toBeUndefined();
  expect(textsOf(finding).filter((text) => /(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u.test(text))).toEqual([]);
  expect(finding.Description).toMatch(/^\\u001b\[2J\\u202e\\u003cscript\\u003e\ufffd\\u000d\\n検査.*…$/);
});

test("a node group named by a tag with markup and a link reaches the finding as harmless text", () => {
  const group = { kind: "self-managed", name: "<script>alert(1)</script> [click](https://example.com)" } as const;
  const { ProductFields } = findingOfVerdict(
    { status: "passed", because: "As seen." },
    nodeSubject({ node: node({ group }) }),
  );
  expect(ProductFields?.nodeGroup).toContain("alert");
  expect(ProductFields?.nodeGroup).not.toMatch(/[<>]|\]\(/);
});

/** Every text in the value, at any depth. */
function textsOf(finding: object): string[] {
  const texts: string[] = [];
  JSON.stringify(finding, (_, value) => {
    if (typeof value === "string") texts.push(value);
    return value;
  });
  return texts;
}

test("no text of any rule is cut", () => {
  for (const rule of rules) {
    for (const remediation of Object.values(rule.remediation)) {
      const finding = findingOf(failed({ rule, fix: remediation }));
      expect(finding.Title).toBe(rule.title);
      expect(finding.Description).toContain(rule.why);
      expect(finding.Remediation?.Recommendation?.Text).toBe(remediation);
    }
  }
});

test.each([
  ["aws-us-gov", "us-gov-west-1"],
  ["aws-cn", "cn-north-1"],
  ["aws-eusc", "eusc-de-east-1"],
])("in %s every ARN has that partition", (partition, region) => {
  const finding = findingOf(failed({ subject: nodeSubject({ place: { ...place, partition, region } }) }));
  expect(finding.ProductArn).toBe(`arn:${partition}:securityhub:${region}:111122223333:product/111122223333/default`);
});

test("a result has the same digest as in existing ledgers, so that an upgrade does not import every finding again", () => {
  const exception = { reason: "Bursts are wanted here", until: "2027-03-31" };
  const digests = [failed(), failed({ status: "excepted", exception })].map(digestOf);
  // An earlier version of the auditor computed these digests from the same verdict, node and exception.
  expect(digests).toEqual(["171iA", "NYASw"]);
});
