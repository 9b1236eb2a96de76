import type { Duration } from "aws-cdk-lib";
import type { ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { RuleId } from "../lambda/rules/index.ts";
import { nearest } from "../lambda/text.ts";
import { SettingsError } from "./settings.ts";

/** A number of a rule in a benchmark of CIS or in the STIG. The synthesis checks that it exists. */
type RuleNumber = `${number}.${number}.${number}` | `V-${number}` | `CNTR-K8-${number}`;

/** Properties of KubeletAuditor. All are optional. */
export interface KubeletAuditorProps {
  /**
   * When to audit: a rate or a cron expression. A run starts within 15 minutes after the scheduled time.
   *
   * @example ScheduleExpression.cron({ hour: "6", minute: "0", timeZone: TimeZone.of("Europe/Berlin") })
   * @default - once a day
   */
  readonly schedule?: ScheduleExpression;

  /**
   * Which clusters to audit, by name patterns with `*` and `?`. `exclude` takes precedence over `include`.
   *
   * @example { include: ["prod-*"], exclude: ["prod-lab"] }
   * @default - every cluster of the account and Region
   */
  readonly clusters?: { readonly include?: string[]; readonly exclude?: string[] };

  /**
   * Switches rules off or changes their severities, by id or number. A severity also switches on a rule of a benchmark
   * that is not picked.
   *
   * @example { "event-qps": "off", "client-ca-file": "CRITICAL" }
   * @default - every rule, with its own severity
   */
  readonly rules?: Readonly<
    Partial<Record<RuleId | RuleNumber, "off" | "INFORMATIONAL" | "LOW" | "MEDIUM" | "HIGH" | "CRITICAL">>
  >;

  /**
   * Benchmarks to audit by. The rules of other benchmarks are off. Findings contain the rules' numbers in these
   * benchmarks.
   *
   * @example ["cis-eks", "stig"]
   * @default - ["cis-eks"], the CIS Amazon EKS Benchmark
   */
  readonly benchmarks?: ("cis-eks" | "cis-kubernetes" | "stig")[];

  /**
   * Also fails nodes that comply in effect but break the text of a STIG check, for example because the check forbids a
   * flag. Needs "stig" in `benchmarks`.
   *
   * @default false - such nodes pass, and the reason mentions the check
   */
  readonly stigByLetter?: boolean;

  /**
   * Pins the version of the CIS Amazon EKS Benchmark.
   *
   * @example "1.8.0"
   * @default - the version for each cluster's Kubernetes version
   */
  readonly benchmarkVersion?: string;

  /**
   * Clusters with self-managed nodes, by exact name, at most 100. IAM recognises such nodes only by their cluster's
   * name.
   *
   * @example ["batch", "legacy"]
   * @default - none: self-managed nodes are reported as not auditable
   */
  readonly selfManagedClusters?: string[];

  /**
   * Also audits EKS hybrid nodes, which are SSM managed instances.
   *
   * @default false
   */
  readonly hybrid?: boolean;

  /**
   * Stores the report of the last run in the ledger bucket: one HTML page with every node and its remediation.
   *
   * @default false
   */
  readonly report?: boolean;

  /**
   * Audits a node minutes after it starts and archives its findings minutes after it ends, besides the scheduled audit.
   * Needs a queue and a rule of EventBridge.
   *
   * @default true
   */
  readonly events?: boolean;

  /**
   * Time for a new node to register with SSM and to start its kubelet before it is audited, in whole minutes up to 15.
   *
   * @default Duration.minutes(5)
   */
  readonly newNodeDelay?: Duration;

  /**
   * Processor of the function. Choose "x86_64" in a Region where Lambda does not offer arm64.
   *
   * @default "arm64"
   */
  readonly architecture?: "arm64" | "x86_64";

  /**
   * Percentage of nodes that must be auditable. Below it, the alarm CoverageLow goes off. 0 disables the alarm.
   *
   * @default 90
   */
  readonly coverageThreshold?: number;

  /**
   * SNS topic for the states ALARM and OK of the alarms: a standard topic in the stack's Region. Its policy must allow
   * CloudWatch to publish.
   *
   * @default - CloudWatch shows the alarms, without notifications
   */
  readonly alarmTopic?: ITopic;

  /**
   * Creates a CloudWatch dashboard.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * Creates custom insights in Security Hub. With many accounts, enable insights only in the Security Hub administrator
   * account, where they show the findings of all member accounts.
   *
   * @default true
   */
  readonly insights?: boolean;

  /**
   * Path of a YAML file with exceptions: failures that are accepted with a reason and an end date. The synthesis checks
   * the file and deploys it with the function. A relative path starts at the working directory.
   *
   * @example fileURLToPath(new URL("kubelet-exceptions.yaml", import.meta.url))
   * @default - no exceptions
   */
  readonly exceptionsFile?: string;

  /**
   * Path of a YAML file with your own rules, whose conditions are CEL expressions (docs/own-rules.md). The synthesis
   * checks the file and deploys it with the function. A relative path starts at the working directory.
   *
   * @example fileURLToPath(new URL("kubelet-rules.yaml", import.meta.url))
   * @default - the built-in rules only
   */
  readonly rulesFile?: string;

  /**
   * Allowed scopes of exceptions. An exception with another scope fails the synthesis. People who can tag instances can
   * change which nodes have a tag, a node group or a cluster. They cannot change instance ids.
   *
   * @example ["cluster", "instance"]
   * @default - all: "cluster", "nodeGroup", "instance" and "tag"
   */
  readonly exceptionScopes?: ("cluster" | "nodeGroup" | "instance" | "tag")[];
}

/** A property that is not a setting: a test of its value, and a valid value for the error message. */
interface OwnProperty {
  isValid(value: unknown): boolean;
  example: string;
}

const setting = undefined;

/**
 * Every property, for a check at run time: a JavaScript app has no compiler that reports an unknown property or a value
 * of the wrong class.
 */
const properties: Readonly<Record<keyof KubeletAuditorProps, OwnProperty | undefined>> = {
  schedule: { isValid: has("expressionString"), example: "ScheduleExpression.rate(Duration.hours(6))" },
  clusters: setting,
  rules: setting,
  benchmarks: setting,
  stigByLetter: setting,
  benchmarkVersion: setting,
  selfManagedClusters: setting,
  hybrid: setting,
  report: setting,
  events: setting,
  newNodeDelay: { isValid: has("toMinutes"), example: "Duration.minutes(10)" },
  architecture: setting,
  coverageThreshold: setting,
  alarmTopic: { isValid: has("topicArn"), example: 'new Topic(this, "OnCall")' },
  dashboard: setting,
  insights: setting,
  exceptionsFile: { isValid: (value) => typeof value === "string", example: '"kubelet-exceptions.yaml"' },
  rulesFile: { isValid: (value) => typeof value === "string", example: '"kubelet-rules.yaml"' },
  exceptionScopes: setting,
};

/** Converts the properties to the form of a deployment's settings. Throws a SettingsError for an unknown property. */
export function settingsOf(props: KubeletAuditorProps, source: string): Readonly<Record<string, unknown>> {
  const problems = Object.entries(props).flatMap(([name, value]) => problemWith(name, value) ?? []);
  if (problems.length > 0) throw new SettingsError(source, problems);
  const { schedule, newNodeDelay, alarmTopic: _, exceptionsFile: __, rulesFile: ___, ...others } = props;
  const rest = { ...others, ...(newNodeDelay && { newNodeDelay: newNodeDelay.toMinutes({ integral: false }) }) };
  if (schedule === undefined) return rest;
  const { expressionString: expression, timeZone } = schedule;
  return { ...rest, schedule: { expression, ...(timeZone && { timezone: timeZone.timezoneName }) } };
}

function problemWith(name: string, value: unknown): string | undefined {
  const names = Object.keys(properties);
  if (!names.includes(name)) {
    const meant = nearest(name, names);
    return `"${name}" is not a property; ${meant ? `did you mean "${meant}"?` : `the properties are ${names.join(", ")}`}`;
  }
  const own = properties[name as keyof KubeletAuditorProps];
  if (own === undefined || value === undefined || own.isValid(value)) return undefined;
  return `"${name}" has the wrong type (${typeof value}); pass a value such as ${own.example}`;
}

function has(member: string) {
  return (value: unknown) => typeof value === "object" && value !== null && member in value;
}
