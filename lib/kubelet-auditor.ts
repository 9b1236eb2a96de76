import { Aws } from "aws-cdk-lib";
import type { Alarm, Dashboard, Metric, MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Bucket } from "aws-cdk-lib/aws-s3";
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
import { checkedFiles } from "./deployed-files.ts";
import { type KubeletAuditorProps, settingsOf } from "./kubelet-auditor-props.ts";
import { LedgerBucket } from "./ledger-bucket.ts";
import { auditMetric } from "./metrics.ts";
import { readSettings } from "./settings.ts";

export type { KubeletAuditorProps } from "./kubelet-auditor-props.ts";

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
   * EventsGivenUp and EventsWaiting (if the property `events` is true), FindingsRefused, CoverageLow.
   */
  readonly alarms: readonly Alarm[];
  /** Undefined if the property `dashboard` is false. */
  readonly dashboard?: Dashboard;

  /**
   * Throws SettingsError, ExceptionsError or OwnRulesError if a property, the exceptions file or the rules file is
   * invalid. The message contains a valid example.
   */
  constructor(scope: Construct, id: string, props: KubeletAuditorProps = {}) {
    super(scope, id);
    const source = `The properties of ${this.node.path}`;
    const settings = readSettings(settingsOf(props, source), source);
    const files = checkedFiles(props, settings);

    const collect = new CollectDocument(this, "Collect");
    const ledgers = new LedgerBucket(this, "Ledgers");
    const queue = settings.events ? new AuditQueue(this, "Events", settings) : undefined;
    const audit = new AuditFunction(this, "Audit", { collect, ledgers, files, queue }, settings);
    const origin = { accounts: [Aws.ACCOUNT_ID], regions: [Aws.REGION] };
    if (queue) new AuditEvents(this, "NewNodes", { audit, queue, origin });
    const target = { arn: audit.handler.functionArn, action: "lambda:InvokeFunction" } as const;
    const { undelivered } = new AuditSchedule(this, "Schedule", target, settings.schedule);
    const watched = { handler: audit.handler, undelivered, events: queue, topic: props.alarmTopic };
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
