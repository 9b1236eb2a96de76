import type { AwsSecurityFinding, Compliance, ComplianceStatus, Resource } from "@aws-sdk/client-securityhub";
import type { Home, Unreadable } from "../domain/node.ts";
import type { BenchmarkVersion, Rule, Severity, Verdict } from "../rules/kit/rule.ts";
import { asText, fitLine, fitText } from "../text.ts";

const product = "eks-kubelet-auditor";

/** For people who want to read on: CIS lists the EKS benchmark among those for Kubernetes. */
const benchmarkUrl = "https://www.cisecurity.org/benchmark/kubernetes";

/** Bytes of text fields, at least as strict as ASFF's limits in characters. Source: AWS Security Hub API Reference, AwsSecurityFinding. */
const limits = { title: 256, description: 1024, remediation: 512, reason: 1024, productField: 2048 };

/** Source: AWS Security Hub User Guide, "Types taxonomy for ASFF". */
const types = {
  benchmark: "Software and Configuration Checks/Industry and Regulatory Standards/CIS Host Hardening Benchmarks",
  own: "Software and Configuration Checks/AWS Security Best Practices",
};

const statuses = { passed: "PASSED", failed: "FAILED", notAvailable: "NOT_AVAILABLE" } as const satisfies Record<
  Verdict["status"],
  ComplianceStatus
>;

/** One rule's answer about one node or cluster. */
export interface Result {
  home: Home;
  rule: Pick<Rule, "id" | "title" | "why" | "cis" | "datadog">;
  severity: Severity;
  verdict: Verdict;
  /** Where there are several reasons; otherwise the verdict's own is the one. */
  reasons?: readonly Unreadable[];
  benchmark: BenchmarkVersion;
  cluster: string;
  /** The instance id; "cluster" where the answer is about the cluster as a whole. */
  subject: string;
  remediation: string;
  resources: Resource[];
  /** For machines; empty ones are left out. */
  fields: Readonly<Record<string, string | undefined>>;
  /** ISO 8601. Has to stay the same over the years. */
  createdAt: string;
  /** ISO 8601. Has to be later than in the run before, or Security Hub ignores the update in silence. */
  updatedAt: string;
}

/**
 * A finding in ASFF. What belongs to the customer (Workflow, Note, UserDefinedFields, VerificationState) is never set.
 * Severity and types go where providers put them; Security Hub copies them unless the customer chose others.
 */
export function toFinding(result: Result): AwsSecurityFinding {
  const { home, rule, verdict, cluster, subject } = result;
  const generatorId = `${product}/${rule.id}`;
  const ofBenchmark = Object.keys(rule.cis).length > 0;
  return {
    SchemaVersion: "2018-10-08",
    Id: `${generatorId}/${home.account}/${home.region}/${cluster}/${subject}`,
    ProductArn: `arn:${home.partition}:securityhub:${home.region}:${home.account}:product/${home.account}/default`,
    ProductName: product,
    GeneratorId: generatorId,
    AwsAccountId: home.account,
    CreatedAt: result.createdAt,
    UpdatedAt: result.updatedAt,
    Title: fitLine(rule.title, limits.title),
    Description: fitLine(`${verdict.because} ${rule.why}`, limits.description),
    Remediation: {
      Recommendation: {
        Text: fitText(verdict.fix ?? result.remediation, limits.remediation),
        ...(ofBenchmark && { Url: benchmarkUrl }),
      },
    },
    FindingProviderFields: {
      Severity: { Label: verdict.status === "failed" ? result.severity : "INFORMATIONAL" },
      Types: [ofBenchmark ? types.benchmark : types.own],
    },
    Resources: result.resources,
    Compliance: compliance(result),
    ProductFields: productFields(result),
    RecordState: "ACTIVE",
  };
}

function compliance({ rule, verdict, benchmark, reasons }: Result): Compliance {
  const cisId = rule.cis[benchmark];
  const requirements = [
    ...(cisId ? [`CIS Amazon EKS Benchmark v${benchmark}/${cisId}`] : []),
    ...(rule.datadog ? [`Datadog ${rule.datadog}`] : []),
  ];
  const told = reasons ?? [{ code: verdict.reason ?? "NOT_COMPLIANT", because: verdict.because }];
  const StatusReasons = told.map(({ code, because }) => ({
    ReasonCode: code,
    Description: fitLine(because, limits.reason),
  }));
  return {
    Status: statuses[verdict.status],
    ...(verdict.status !== "passed" && { StatusReasons }),
    ...(requirements.length > 0 && { RelatedRequirements: requirements }),
  };
}

function productFields({ cluster, verdict, benchmark, rule, fields }: Result): Record<string, string> {
  const all = {
    cluster,
    value: verdict.value === undefined ? undefined : asText(verdict.value),
    from: verdict.from,
    benchmarkVersion: rule.cis[benchmark] && benchmark,
    ...fields,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, text]) => (text?.trim() ? [[name, fitLine(text, limits.productField)]] : [])),
  );
}
