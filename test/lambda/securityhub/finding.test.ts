import { describe, expect, test } from "vitest";
import { rules } from "../../../lambda/rules/index.ts";
import type { Verdict } from "../../../lambda/rules/kit/rule.ts";
import { type Result, toFinding } from "../../../lambda/securityhub/finding.ts";
import { finding as asff } from "../../../local-aws/asff.ts";

const result = (more: Partial<Result> = {}): Result => ({
  home: { partition: "aws", region: "us-east-1", account: "111122223333" },
  rule: {
    id: "client-ca-file",
    title: "A client CA is set",
    why: "It matters.",
    cis: { "1.8.0": "3.2.3" },
    datadog: "def-000-c8j",
  },
  severity: "HIGH",
  verdict: {
    status: "failed",
    because: "clientCAFile is unset.",
    value: "",
    from: "/etc/kubernetes/kubelet/config.json",
  },
  benchmark: "1.8.0",
  cluster: "prod",
  subject: "i-0abc",
  remediation: "Set it.",
  resources: [{ Type: "AwsEc2Instance", Id: "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc" }],
  fields: { nodeGroup: "general", kubeletVersion: undefined, note: " " },
  createdAt: "2026-11-20T08:00:00.000Z",
  updatedAt: "2026-11-24T09:00:00.000Z",
  ...more,
});

test("a finding says what is wrong, where, since when, how bad and what to do, and nothing that is the customer's", () => {
  expect(toFinding(result())).toEqual({
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
    Resources: [{ Type: "AwsEc2Instance", Id: "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc" }],
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
      nodeGroup: "general",
    },
    RecordState: "ACTIVE",
  });
});

describe("what follows from the verdict", () => {
  const because = "So it is.";
  test.each([
    ["passed weighs nothing and needs no reason", { status: "passed", because }, "PASSED", "INFORMATIONAL", undefined],
    ["failed weighs what the rule weighs", { status: "failed", because }, "FAILED", "HIGH", "NOT_COMPLIANT"],
    [
      "failed may have a reason of its own",
      { status: "failed", because, reason: "NO_KUBELET" },
      "FAILED",
      "HIGH",
      "NO_KUBELET",
    ],
    [
      "not available is neither",
      { status: "notAvailable", because, reason: "NO_REPLY" },
      "NOT_AVAILABLE",
      "INFORMATIONAL",
      "NO_REPLY",
    ],
  ] as [string, Verdict, string, string, string | undefined][])("%s", (_, verdict, status, severity, code) => {
    const { Compliance, FindingProviderFields } = toFinding(result({ verdict }));
    expect(Compliance?.Status).toBe(status);
    expect(FindingProviderFields?.Severity?.Label).toBe(severity);
    expect(Compliance?.StatusReasons?.map(({ ReasonCode }) => ReasonCode)).toEqual(code && [code]);
  });

  test("the verdict's own way out wins over the rule's", () => {
    const verdict: Verdict = { status: "failed", because, fix: "Do this." };
    expect(toFinding(result({ verdict })).Remediation?.Recommendation?.Text).toBe("Do this.");
  });

  test.each([
    ["text as it is", "Webhook", "Webhook"],
    ["a truth value", false, "false"],
    ["a number", 0, "0"],
    ["an empty list", [], "[]"],
    ["null", null, "null"],
    ["blanks, so that they are seen", "  ", '"  "'],
    ["nothing where there is no value", undefined, undefined],
  ])("the value is told: %s", (_, value, told) => {
    const verdict: Verdict = { status: "failed", because, ...(value !== undefined && { value }) };
    expect(toFinding(result({ verdict })).ProductFields?.value).toBe(told);
  });
});

describe("a rule of our own", () => {
  const own = { id: "config-drift", title: "t", why: "w", cis: {} };
  test("claims no benchmark", () => {
    const { Compliance, ProductFields, Remediation } = toFinding(result({ rule: own }));
    expect(Compliance).not.toHaveProperty("RelatedRequirements");
    expect(ProductFields).not.toHaveProperty("benchmarkVersion");
    expect(Remediation?.Recommendation).not.toHaveProperty("Url");
  });

  test("and neither does one that this benchmark version does not have", () => {
    const { Compliance } = toFinding(result({ benchmark: "1.0.1" }));
    expect(Compliance?.RelatedRequirements).toEqual(["Datadog def-000-c8j"]);
  });
});

test("whatever a node says, the finding keeps Security Hub's limits and shows what does not print", () => {
  const hostile = `\u001b[2J\u202e<script>\ud800\r\n${"検査".repeat(3_000)}`;
  const verdict: Verdict = { status: "failed", because: hostile, value: hostile, from: hostile, fix: hostile };
  const finding = toFinding(result({ verdict, fields: { nodeGroup: hostile } }));
  expect(asff.safeParse(finding).error).toBeUndefined();
  expect(textsOf(finding).filter((text) => /(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u.test(text))).toEqual([]);
  expect(finding.Description).toMatch(/^\\u001b\[2J\\u202e\\u003cscript\\u003e\ufffd\\u000d\\n検査.*…$/);
});

/** Every text in it, at whatever depth. */
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
      const finding = toFinding(result({ rule, remediation }));
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
])("in %s every ARN is of that partition", (partition, region) => {
  const finding = toFinding(result({ home: { partition, region, account: "111122223333" } }));
  expect(finding.ProductArn).toBe(`arn:${partition}:securityhub:${region}:111122223333:product/111122223333/default`);
});
