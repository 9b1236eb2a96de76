import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { App, DefaultStackSynthesizer, type IStackSynthesizer } from "aws-cdk-lib";
import { AuditStack } from "./audit-stack.ts";
import type { Settings } from "./settings.ts";
import { conditional, type JsonObject, mapped, substituted } from "./template-parameters.ts";

/**
 * Values of the parameter Frequency. It is a choice, not free text, because the period of the alarm RunMissing depends
 * on it.
 */
export const frequencies = {
  hourly: "rate(1 hour)",
  "six-hourly": "rate(6 hours)",
  "twice-daily": "rate(12 hours)",
  daily: "rate(1 day)",
} as const;

/** Placeholders for the parameters' values during synthesis. They are valid, but no real deployment uses them. */
const sentinels = {
  clusters: "sentinel-of-Clusters",
  coverageThreshold: 54.321,
  alarmTopicArn: "arn:aws:sns:us-east-1:111122223333:sentinel-of-AlarmTopicArn",
};

const parameters = {
  Frequency: {
    Type: "String",
    Description: "How often to audit.",
    Default: "daily",
    AllowedValues: Object.keys(frequencies),
  },
  Clusters: {
    Type: "CommaDelimitedList",
    Description: "Names of the clusters to audit. The wildcards * and ? are allowed.",
    Default: "*",
    AllowedPattern: "^[\\w*?-]{1,100}$",
  },
  CoverageThreshold: {
    Type: "Number",
    Description:
      "Percentage of nodes that have to be auditable. Below it the alarm CoverageLow goes off. 0 switches it off.",
    Default: "90",
    MinValue: 0,
    MaxValue: 100,
  },
  AlarmTopicArn: {
    Type: "String",
    Description:
      "ARN of a standard SNS topic of this Region for the alarms. Empty: alarms are only shown in CloudWatch.",
    Default: "",
    AllowedPattern: "^(arn:aws[\\w-]*:sns:[a-z\\d-]+:\\d{12}:[\\w-]{1,256})?$",
  },
  Report: {
    Type: "String",
    Description: "Whether to keep the HTML report of the last run in the ledger bucket.",
    Default: "false",
    AllowedValues: ["true", "false"],
  },
};

/**
 * Writes `template.json` and the functions' code into `folder`, for `aws cloudformation package` and `deploy`. The most
 * common settings become parameters of the template; the others are fixed by `settings`.
 */
export function writeStandaloneTemplate(folder: string, settings: Settings): void {
  rmSync(folder, { recursive: true, force: true });
  const withSentinels = {
    ...settings,
    clusters: { ...settings.clusters, include: [sentinels.clusters] },
    coverageThreshold: sentinels.coverageThreshold,
    alarmTopicArn: sentinels.alarmTopicArn,
  };
  // With a shared output directory, the CDK bundles the code of all variants only once.
  const outdir = mkdtempSync(join(tmpdir(), "eks-kubelet-auditor-"));
  const byFrequency = Object.entries(frequencies).map(([name, expression]) => {
    const schedule = { expression, timezone: settings.schedule.timezone };
    const [on, off] = [true, false].map((report) => {
      return synthesize({ ...withSentinels, schedule, report }, outdir, folder);
    });
    return [name, conditional("KeepsReport", on ?? {}, off ?? {})] as const;
  });
  rmSync(outdir, { recursive: true });
  let template = mapped("Frequency", Object.fromEntries(byFrequency));
  const listed = { "Fn::Join": ['","', { Ref: "Clusters" }] };
  template = substituted(template, sentinels.clusters, listed);
  template = substituted(template, sentinels.coverageThreshold, { Ref: "CoverageThreshold" });
  template = substituted(template, sentinels.alarmTopicArn, {
    "Fn::If": ["HasAlarmTopic", { Ref: "AlarmTopicArn" }, { Ref: "AWS::NoValue" }],
  });
  // The rule compares the Region with the Region of the placeholder's ARN. A rule cannot take an ARN apart, so for this
  // template only CloudWatch checks the topic's Region.
  const { Description = "", Conditions, Rules: _, ...rest } = template;
  const whole = {
    AWSTemplateFormatVersion: "2010-09-09",
    Description,
    Parameters: parameters,
    Conditions: {
      ...(Conditions as JsonObject | undefined),
      KeepsReport: { "Fn::Equals": [{ Ref: "Report" }, "true"] },
      HasAlarmTopic: { "Fn::Not": [{ "Fn::Equals": [{ Ref: "AlarmTopicArn" }, ""] }] },
    },
    ...rest,
  };
  writeFileSync(join(folder, "template.json"), `${JSON.stringify(whole, undefined, 2)}\n`);
}

/**
 * Synthesizes the stack, copies the functions' code into `folder`, and returns the template with the paths of the code.
 */
function synthesize(settings: Settings, outdir: string, folder: string): JsonObject {
  const app = new App({ outdir, analyticsReporting: false });
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
  const stack = new AuditStack(app, "EksKubeletAuditor", settings, {
    synthesizer: synthesizer as IStackSynthesizer,
  });
  app.synth();
  const template = JSON.parse(readFileSync(join(outdir, stack.templateFile), "utf8"));
  const resources = Object.values<{ Type: string; Properties: Record<string, unknown> }>(template.Resources);
  for (const { Type, Properties } of resources) {
    if (Type !== "AWS::Lambda::Function") continue;
    const { S3Key } = Properties.Code as { S3Key: string };
    const code = basename(String(Properties.Handler), ".handler");
    cpSync(join(outdir, `asset.${S3Key.replace(".zip", "")}`), join(folder, code), { recursive: true });
    Properties.Code = code;
  }
  return template;
}
