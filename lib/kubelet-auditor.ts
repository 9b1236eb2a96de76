import { resolve } from "node:path";
import type { Duration } from "aws-cdk-lib";
import type { Alarm, Dashboard, Metric, MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import type { ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { CfnDocument } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
import type { MetricName } from "../lambda/run/metric-names.ts";
import { AuditAlarms } from "./audit-alarms.ts";
import { AuditDashboard } from "./audit-dashboard.ts";
import { AuditEvents, AuditQueue } from "./audit-events.ts";
import { AuditFunction } from "./audit-function.ts";
import { AuditInsights } from "./audit-insights.ts";
import { AuditSchedule } from "./audit-schedule.ts";
import { CollectDocument } from "./collect-document.ts";
import { readExceptionsFile } from "./exceptions-file.ts";
import { LedgerBucket } from "./ledger-bucket.ts";
import { auditMetric } from "./metrics.ts";
import { readSettings } from "./settings.ts";

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
   * Switches rules off or changes their severities.
   *
   * @example { "event-qps": "off", "client-ca-file": "CRITICAL" }
   * @default - every rule, with its own severity
   */
  readonly rules?: Readonly<Record<string, "off" | "INFORMATIONAL" | "LOW" | "MEDIUM" | "HIGH" | "CRITICAL">>;

  /**
   * Pins the version of the CIS Amazon EKS Benchmark.
   *
   * @example "1.8.0"
   * @default - the version for each cluster's Kubernetes version
   */
  readonly benchmarkVersion?: string;

  /**
   * Clusters with self-managed nodes, by exact name, at most 100. IAM can recognise such nodes only by their cluster's
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
   * Needs
   * a queue and a rule of EventBridge.
   *
   * @default true
   */
  readonly events?: boolean;

  /**
   * How long a new node has to register with SSM and to start its kubelet before it is audited, in whole minutes up to
   * 15.
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
   * CloudWatch
   * to publish.
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
   * account,
   * where they show the findings of all member accounts.
   *
   * @default true
   */
  readonly insights?: boolean;

  /**
   * Path of a YAML file with exceptions: failures that are accepted with a reason and an end date. The synthesis checks
   * the file
   * and deploys it with the function. A relative path starts at the working directory.
   *
   * @example fileURLToPath(new URL("kubelet-exceptions.yaml", import.meta.url))
   * @default - no exceptions
   */
  readonly exceptionsFile?: string;

  /**
   * Allowed scopes of exceptions. An exception with another scope fails the synthesis. People who can tag instances can
   * change
   * which nodes have a tag, a node group or a cluster. They cannot change instance ids.
   *
   * @example ["cluster", "instance"]
   * @default - all: "cluster", "nodeGroup", "instance" and "tag"
   */
  readonly exceptionScopes?: ("cluster" | "nodeGroup" | "instance" | "tag")[];
}

/**
 * Audits the kubelet of every EKS worker node in the stack's account and Region, and keeps the Security Hub findings up
 * to date.
 * Create one per account and Region: a second one would publish the same findings.
 *
 * @example
 * new KubeletAuditor(this, "Auditor", {
 *   schedule: ScheduleExpression.rate(Duration.hours(6)),
 *   clusters: { include: ["prod-*"] },
 * });
 */
export class KubeletAuditor extends Construct {
  /** Runs an audit when invoked. Invoke it asynchronously, because a run can take 15 minutes. */
  readonly function: IFunction;
  /** Log of the function, with one summary line per run. It is deleted with the stack. */
  readonly logGroup: ILogGroup;
  /** SSM document with the collector: the only command that the function can run on a node. */
  readonly document: CfnDocument;
  /** Bucket with the ledger of each cluster. It is kept when the stack is deleted. */
  readonly bucket: Bucket;
  /** URI ("s3://…") of the last run's report; undefined if the property `report` is false. */
  readonly reportUri: string | undefined;
  /** Receives events of the schedule that did not reach the function. */
  readonly deadLetterQueue: IQueue;
  /**
   * RunMissing (if the schedule pauses for less than about a week), RunFailed, RunKilled, RunNotStarted, RunDropped,
   * EventsGivenUp (if the property `events` is true), FindingsRefused, CoverageLow.
   */
  readonly alarms: readonly Alarm[];
  /** Undefined if the property `dashboard` is false. */
  readonly dashboard?: Dashboard;

  /**
   * Throws SettingsError or ExceptionsError if a property or the exceptions file is invalid. The message contains a
   * valid example.
   */
  constructor(scope: Construct, id: string, props: KubeletAuditorProps = {}) {
    super(scope, id);
    const settings = readSettings(settingsOf(props), `The properties of ${this.node.path}`);
    // The function reads the file too. Reading it here makes a mistake fail the synthesis and not the first run.
    if (props.exceptionsFile) readExceptionsFile(props.exceptionsFile, settings.exceptionScopes);
    const exceptionsFile = props.exceptionsFile && resolve(props.exceptionsFile);

    const collect = new CollectDocument(this, "Collect");
    const ledgers = new LedgerBucket(this, "Ledgers");
    const queue = settings.events ? new AuditQueue(this, "Events", settings) : undefined;
    const audit = new AuditFunction(this, "Audit", { collect, ledgers, exceptionsFile, queue }, settings);
    if (queue) new AuditEvents(this, "NewNodes", { audit, queue });
    const target = { arn: audit.handler.functionArn, action: "lambda:InvokeFunction" } as const;
    const { undelivered } = new AuditSchedule(this, "Schedule", target, settings.schedule);
    const watched = { handler: audit.handler, undelivered, givenUp: queue?.givenUp, topic: props.alarmTopic };
    const alarms = new AuditAlarms(this, "Alarms", watched, settings);

    const { coverageThreshold } = settings;
    if (settings.dashboard)
      this.dashboard = new AuditDashboard(this, "Overview", { alarms: alarms.all, coverageThreshold }).dashboard;
    if (settings.insights) new AuditInsights(this, "Insights");

    this.function = audit.handler;
    this.logGroup = audit.logGroup;
    this.document = collect.document;
    this.bucket = ledgers.bucket;
    this.reportUri = settings.report ? ledgers.bucket.s3UrlForObject(ledgers.report) : undefined;
    this.deadLetterQueue = undelivered;
    this.alarms = alarms.all;
  }

  /**
   * Returns a metric of the runs. docs/operations.md describes all of them. Some have a second dimension:
   * FindingsFailed has
   * "Rule", NodesNotAuditable has "Reason", the counts of nodes have "Cluster", and Seconds has "Phase".
   *
   * @example auditor.metric("FindingsFailed", { dimensionsMap: { Rule: "client-ca-file" } })
   */
  metric(name: MetricName, options: MetricOptions = {}): Metric {
    return auditMetric(name, options);
  }
}

/** Converts the properties to the form of a deployment's settings. */
function settingsOf({ schedule, newNodeDelay, alarmTopic: _, exceptionsFile: __, ...others }: KubeletAuditorProps) {
  const rest = { ...others, ...(newNodeDelay && { newNodeDelay: newNodeDelay.toMinutes({ integral: false }) }) };
  if (schedule === undefined) return rest;
  const { expressionString: expression, timeZone } = schedule;
  return { ...rest, schedule: { expression, ...(timeZone && { timezone: timeZone.timezoneName }) } };
}
