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

/** What a KubeletAuditor may be told. Nothing has to be. */
export interface KubeletAuditorProps {
  /**
   * When to audit: a rate or a cron expression. A run starts within 15 minutes after its time.
   *
   * @example ScheduleExpression.cron({ hour: "6", minute: "0", timeZone: TimeZone.of("Europe/Berlin") })
   * @default - once a day
   */
  readonly schedule?: ScheduleExpression;

  /**
   * Which clusters to audit, by patterns of their names with `*` and `?`. What is excluded stays out, included or not.
   *
   * @example { include: ["prod-*"], exclude: ["prod-lab"] }
   * @default - every cluster of the account and Region
   */
  readonly clusters?: { readonly include?: string[]; readonly exclude?: string[] };

  /**
   * Switches rules off or changes their severities.
   *
   * @example { "event-qps": "off", "client-ca-file": "CRITICAL" }
   * @default - every rule, with the severity it has
   */
  readonly rules?: Readonly<Record<string, "off" | "INFORMATIONAL" | "LOW" | "MEDIUM" | "HIGH" | "CRITICAL">>;

  /**
   * Pins the version of the CIS Amazon EKS Benchmark.
   *
   * @example "1.8.0"
   * @default - the one for each cluster's Kubernetes version
   */
  readonly benchmarkVersion?: string;

  /**
   * Clusters with self-managed nodes, by exact name, at most 100. IAM knows such nodes by the name of their cluster only.
   *
   * @example ["batch", "legacy"]
   * @default - none: self-managed nodes are reported as not auditable
   */
  readonly selfManagedClusters?: string[];

  /**
   * Audits hybrid nodes too, which are SSM managed instances.
   *
   * @default false
   */
  readonly hybrid?: boolean;

  /**
   * Keeps the report of the last run beside the ledgers: one page for a browser, with every node and what to do.
   *
   * @default false
   */
  readonly report?: boolean;

  /**
   * Audits a node minutes after it starts and archives its findings minutes after it ends, besides the scheduled audit. Needs
   * a queue and a rule of EventBridge.
   *
   * @default true
   */
  readonly events?: boolean;

  /**
   * How long a new node has to register with SSM and to start its kubelet before it is audited, in whole minutes up to 15.
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
   * Percent of the nodes that have to be auditable; below it an alarm rings. 0 never rings.
   *
   * @default 90
   */
  readonly coverageThreshold?: number;

  /**
   * Where the alarms go, and that they are over. A standard topic in the stack's Region; CloudWatch has to be allowed to
   * publish to it.
   *
   * @default - alarms are seen in CloudWatch only
   */
  readonly alarmTopic?: ITopic;

  /**
   * Creates a CloudWatch dashboard.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * Creates custom insights in Security Hub. They show the findings of all accounts that an administrator sees, so that
   * those of one account are enough.
   *
   * @default true
   */
  readonly insights?: boolean;

  /**
   * A YAML file of failed verdicts that somebody answers for until a day. It is read at synthesis, and deployed with the
   * function. As everywhere in the CDK, a relative path counts from the working directory.
   *
   * @example fileURLToPath(new URL("kubelet-exceptions.yaml", import.meta.url))
   * @default - no exceptions
   */
  readonly exceptionsFile?: string;

  /**
   * What an exception may be limited to. Whoever may tag instances decides which nodes have a tag, a node group or a
   * cluster; an instance id is EC2's own. An exception with another scope fails the synthesis.
   *
   * @example ["cluster", "instance"]
   * @default - all: "cluster", "nodeGroup", "instance" and "tag"
   */
  readonly exceptionScopes?: ("cluster" | "nodeGroup" | "instance" | "tag")[];
}

/**
 * Audits the kubelet of every EKS worker node of the stack's account and Region, and keeps Security Hub true to it. One is
 * enough for an account and Region: a second one would publish the same findings.
 *
 * @example
 * new KubeletAuditor(this, "Auditor", {
 *   schedule: ScheduleExpression.rate(Duration.hours(6)),
 *   clusters: { include: ["prod-*"] },
 * });
 */
export class KubeletAuditor extends Construct {
  /** Audits when invoked, whatever the event. Invoke it asynchronously: a run may take a quarter of an hour. */
  readonly function: IFunction;
  /** Holds one summary line per run. It goes with the stack. */
  readonly logGroup: ILogGroup;
  /** The one command that the function may run on a node. */
  readonly document: CfnDocument;
  /** What was last published of each cluster. It stays when the stack goes. */
  readonly bucket: Bucket;
  /** Where the report of the last run lies, as "s3://…"; undefined unless it is asked for. */
  readonly reportUri: string | undefined;
  /** Events of the schedule that did not reach the function. */
  readonly deadLetterQueue: IQueue;
  /**
   * RunMissing (unless the schedule pauses for about a week or more), RunFailed, RunKilled, RunNotStarted, RunDropped,
   * EventsGivenUp (unless the property `events` is false), FindingsRefused, CoverageLow.
   */
  readonly alarms: readonly Alarm[];
  /** Unless the property `dashboard` is false. */
  readonly dashboard?: Dashboard;

  /** Throws where a property has a value that would not work, and says how it would. */
  constructor(scope: Construct, id: string, props: KubeletAuditorProps = {}) {
    super(scope, id);
    const settings = readSettings(settingsOf(props), `The properties of ${this.node.path}`);
    // The function reads the file again; a mistake in it is told here, and not by the first run.
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
   * One of the metrics that every run sends; docs/operations.md says what they count. With a dimension "Rule", "Reason",
   * "Cluster" or "Phase" it is the part of FindingsFailed, NodesNotAuditable, the nodes or Seconds.
   *
   * @example auditor.metric("FindingsFailed", { dimensionsMap: { Rule: "client-ca-file" } })
   */
  metric(name: MetricName, options: MetricOptions = {}): Metric {
    return auditMetric(name, options);
  }
}

/** The properties as a deployment's settings are written. */
function settingsOf({ schedule, newNodeDelay, alarmTopic: _, exceptionsFile: __, ...others }: KubeletAuditorProps) {
  const rest = { ...others, ...(newNodeDelay && { newNodeDelay: newNodeDelay.toMinutes({ integral: false }) }) };
  if (schedule === undefined) return rest;
  const { expressionString: expression, timeZone } = schedule;
  return { ...rest, schedule: { expression, ...(timeZone && { timezone: timeZone.timezoneName }) } };
}
