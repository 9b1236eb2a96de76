import * as z from "zod";
import type { BenchmarkName, BenchmarkVersion } from "../lambda/domain/rule-facts.ts";
import { type ExceptionScope, exceptionScopes } from "../lambda/judge/exceptions.ts";
import { benchmarkVersions } from "../lambda/rules/kit/benchmark.ts";
import { benchmarkChoice, type RuleChoice, ruleChoice } from "../lambda/rules/kit/choice.ts";
import { nearest } from "../lambda/text.ts";
import { isSchedule } from "./schedule-times.ts";

/** Settings of a deployment, from the CDK context: cdk.json or `-c name=value`. */
export interface Settings {
  schedule: { expression: string; timezone: string };
  clusters?: { include?: string[]; exclude?: string[] };
  tags: Record<string, string>;
  rules?: RuleChoice;
  /** Default: the CIS Amazon EKS Benchmark. */
  benchmarks?: BenchmarkName[];
  /** Whether a node fails a rule even if it breaks only the literal text of the STIG's check. */
  stigByLetter: boolean;
  benchmarkVersion?: string;
  selfManagedClusters: string[];
  hybrid: boolean;
  /** Processor of the functions. */
  architecture: (typeof architectures)[number];
  /** Percentage of nodes that must be auditable. */
  coverageThreshold: number;
  alarmTopicArn?: string;
  dashboard: boolean;
  insights: boolean;
  report: boolean;
  /** Whether nodes are also audited soon after their start. */
  events: boolean;
  /** Minutes from the start of an instance to its audit. */
  newNodeDelay: number;
  /** Allowed scopes of exceptions. Default: all. */
  exceptionScopes?: ExceptionScope[];
  fleet?: Organization;
}

/** Many accounts of one organization, audited from a hub. */
export interface Organization {
  organizationId: string;
  /** The members: the accounts below these units, or these accounts. */
  members: { organizationalUnits: string[] } | { accounts: string[] };
  /** The Regions in which each member is audited. */
  regions: string[];
  /** Name of the role that every member has. */
  roleName: string;
  /** The position of the hub's account in the organization. */
  hub: (typeof hubs)[number];
}

/** The settings of a deployment in organization mode. */
export type OrganizationSettings = Settings & { fleet: Organization };

const architectures = ["arm64", "x86_64"] as const;
const hubs = ["delegated administrator", "management account"] as const;

/** A valid value for each setting, for error messages. */
const examples = {
  schedule: '"rate(1 day)" or {"expression": "cron(0 6 * * ? *)", "timezone": "Europe/Berlin"}',
  clusters: '{"include": ["prod-*"], "exclude": ["prod-lab"]}',
  tags: '{"team": "platform"}',
  rules: '{"event-qps": "off", "client-ca-file": "CRITICAL"}',
  benchmarks: '["cis-eks", "stig"]',
  stigByLetter: "true",
  benchmarkVersion: '"1.8.0"',
  selfManagedClusters: '["batch", "legacy"]',
  hybrid: "true",
  architecture: '"x86_64"',
  coverageThreshold: "95",
  alarmTopicArn: '"arn:aws:sns:eu-central-1:111122223333:on-call"',
  dashboard: "false",
  insights: "false",
  report: "true",
  events: "false",
  newNodeDelay: "10",
  exceptionScopes: '["cluster", "instance"]',
  fleet:
    '{"organizationId": "o-a1b2c3d4e5", "organizationalUnits": ["ou-ab12-cd34ef56"], "regions": ["eu-central-1", "us-east-1"]}',
} satisfies Record<keyof Settings, string>;

/**
 * Source: EventBridge Scheduler User Guide, "Schedule types". A one-time `at(…)` is rejected because audits must
 * repeat.
 */
const rate = /^rate\([1-9]\d* (minute|hour|day)s?\)$/;
/** Six fields. Day of month or day of week must be a question mark. */
const cron = new RegExp(/^cron\(F F (\? F F|F F \?) F\)$/.source.replaceAll("F", "[\\w*,/#-]+"));

const expression = z
  .string()
  .refine((text) => rate.test(text) || cron.test(text), {
    abort: true,
    error:
      "is neither rate(N hours) nor cron(minutes hours day-of-month month day-of-week year) with ? for one of the two days",
  })
  .refine(isSchedule, "has a field with an invalid value");
const timezone = z.string().refine(isTimezone, "is not a time zone of the IANA database");

/** Source: Amazon EKS API Reference, CreateCluster. */
const clusterName = z.string().regex(/^[\da-z][\w-]{0,99}$/i, "is not a valid name of an EKS cluster");
const clusterPattern = z
  .string()
  .regex(/^[\w*?-]{1,100}$/, "is not a pattern of cluster names, with * and ? as wildcards");
/**
 * EKS's default quota. Each name needs an IAM statement, and a role has room for about this many (10 policies of 6,144
 * characters).
 */
const clustersPerRegion = 100;
const clusterPatterns = z.array(clusterPattern).min(1, "is empty");

/** Source: Tagging AWS Resources User Guide, "Tag naming limits and requirements". */
const tagKey = z.string().regex(/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu, "is not a tag key");
const tagValue = z.string().regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u, "is not a tag value");
const tagsPerResource = 50;

/** On the command line, values are strings. */
const flag = z.preprocess((value) => (value === "true" || value === "false" ? value === "true" : value), z.boolean());
const numeral = (value: unknown) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value);
/** The delay of an SQS queue is at most 15 minutes. Source: Amazon SQS Developer Guide, "Delay queues". */
const minutes = z
  .int("is not a whole number of minutes")
  .min(0, "is below 0 minutes")
  .max(15, "is above 15 minutes, the maximum delay of a queue");
const percent = z.number("is not a number").min(0, "is below 0 percent").max(100, "is above 100 percent");

/** The end of the name of a Region's partition; undefined for "aws" and for partitions with one Region. */
const partitionOf = (name: string) => /^(us-gov|cn)-/.exec(name)?.[1];

/** Alarms can notify only standard topics. Source: Amazon SNS API Reference, CreateTopic. */
const topicArn = z
  .string()
  .regex(/^arn:aws[\w-]*:sns:[a-z\d-]+:\d{12}:[\w-]{1,256}$/, {
    abort: true,
    error: "is not the ARN of a standard SNS topic",
  })
  .refine((arn) => {
    const [, partition, , name = ""] = arn.split(":");
    return (/^aws-(us-gov|cn)$/.exec(partition ?? "")?.[1] ?? "") === (partitionOf(name) ?? "");
  }, "has a Region that is not in its partition");

/** Source: AWS Organizations API Reference, Organization, ListChildren and Account. */
const organizationId = z.string().regex(/^o-[a-z\d]{10,32}$/, "is not the id of an organization");
const unitId = z
  .string()
  .regex(/^(r-[a-z\d]{4,32}|ou-[a-z\d]{4,32}-[a-z\d]{8,32})$/, "is not the id of an organizational unit or a root");
const accountId = z.string().regex(/^\d{12}$/, "is not an account id of 12 digits, in quotes");
const region = z
  .string()
  .regex(/^[a-z]{2,4}(-[a-z]+)+-\d$/, "is not the name of a Region")
  .refine(
    (name) => !name.startsWith("eusc-"),
    "is in aws-eusc, which has no AWS Organizations: deploy one stack there",
  );
/** Maximum number of Regions, more than AWS has. The list is part of a role's policy, so its size needs a limit. */
const regionsPerFleet = 50;
const regions = z
  .array(region)
  .min(1, "is empty")
  .max(regionsPerFleet, `has more than ${regionsPerFleet} Regions`)
  .refine((names) => new Set(names.map(partitionOf)).size < 2, "belong to several partitions, which share no accounts");
/** Source: IAM API Reference, CreateRole. */
const roleName = z.string().regex(/^[\w+=,.@-]{1,64}$/, "is not a valid name of an IAM role");

const fleet = z
  .strictObject({
    organizationId,
    organizationalUnits: z.array(unitId).min(1, "is empty").exactOptional(),
    accounts: z.array(accountId).min(1, "is empty").exactOptional(),
    regions,
    roleName: roleName.default("EksKubeletAuditorMember"),
    hub: z.enum(hubs).default("delegated administrator"),
  })
  .transform(({ organizationalUnits, accounts, ...rest }, { addIssue }): Organization => {
    if ((organizationalUnits === undefined) === (accounts === undefined))
      addIssue("needs either organizationalUnits or accounts");
    return {
      ...rest,
      regions: [...new Set(rest.regions)],
      members: organizationalUnits ? { organizationalUnits } : { accounts: [...new Set(accounts)] },
    };
  });

const schemaOf = (version?: BenchmarkVersion) =>
  z.object({
    schedule: json(
      z.preprocess(
        (value) => (typeof value === "string" ? { expression: value } : value),
        z.strictObject({ expression, timezone: timezone.default("Etc/UTC") }),
      ),
    ).prefault("rate(1 day)"),
    clusters: json(
      z.strictObject({ include: clusterPatterns.exactOptional(), exclude: clusterPatterns.exactOptional() }),
    ).exactOptional(),
    tags: json(
      z
        .record(tagKey, tagValue)
        .refine((tags) => Object.keys(tags).length <= tagsPerResource, `has more than ${tagsPerResource} tags`),
    ).default({}),
    rules: json(ruleChoice(version)).exactOptional(),
    benchmarks: json(benchmarkChoice).exactOptional(),
    stigByLetter: flag.default(false),
    benchmarkVersion: z.enum(benchmarkVersions).exactOptional(),
    selfManagedClusters: json(
      z.array(clusterName).max(clustersPerRegion, `has more than ${clustersPerRegion} names`),
    ).default([]),
    hybrid: flag.default(false),
    architecture: z.enum(architectures).default("arm64"),
    coverageThreshold: z.preprocess(numeral, percent).default(90),
    alarmTopicArn: topicArn.exactOptional(),
    dashboard: flag.default(true),
    insights: flag.default(true),
    report: flag.default(false),
    events: flag.default(true),
    newNodeDelay: z.preprocess(numeral, minutes).default(5),
    exceptionScopes: json(z.array(z.enum(exceptionScopes)).min(1, "is empty")).exactOptional(),
    fleet: json(fleet).exactOptional(),
  });

/** Name of the CDK context in error messages. */
const cdkContext = "The CDK context (cdk.json or -c name=value)";

/**
 * Reads the settings from `context`: the CDK context, which also contains CDK's own keys, or properties of the
 * construct. `source` names it in error messages. Throws a SettingsError with every problem.
 */
export function readSettings(context: Readonly<Record<string, unknown>>, source: string = cdkContext): Settings {
  const ours = Object.entries(context).filter(([name, value]) => Object.hasOwn(examples, name) && value != null);
  const pinned = benchmarkVersions.find((version) => version === context.benchmarkVersion);
  const parsed = schemaOf(pinned).safeParse(Object.fromEntries(ours));
  const problems = [
    ...misspelt(Object.keys(context)),
    ...(parsed.error?.issues.map((issue) => problem(issue, context)) ?? []),
    ...(parsed.data ? contradictions(parsed.data) : []),
  ];
  if (!parsed.success || problems.length > 0) throw new SettingsError(source, problems);
  return parsed.data;
}

/** Settings that are valid alone, but not together. */
function contradictions({ fleet, report, stigByLetter, benchmarks = [] }: Settings): string[] {
  return [
    ...(fleet && report
      ? ['"report" is true, but organization mode ("fleet") has no report. Remove one of the two settings.']
      : []),
    ...(stigByLetter && !benchmarks.includes("stig")
      ? ['"stigByLetter" is true, but "benchmarks" does not contain "stig". Add it, or remove "stigByLetter".']
      : []),
  ];
}

/** On the command line, a value is a JSON string: `-c tags='{"team": "platform"}'`. */
function json<T extends z.ZodType>(inner: T) {
  return z.preprocess((value, { issues }) => {
    if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
    try {
      return JSON.parse(value);
    } catch {
      issues.push({ code: "custom", message: "is not JSON", input: value });
      return z.NEVER;
    }
  }, inner);
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** Reports keys that resemble a setting. CDK's own keys contain a colon or a slash and are ignored. */
function misspelt(keys: readonly string[]): string[] {
  return keys.flatMap((key) => {
    const meant = /[:/]/.test(key) || Object.hasOwn(examples, key) ? undefined : nearest(key, Object.keys(examples));
    return meant ? [`"${key}" is not a setting; did you mean "${meant}"?`] : [];
  });
}

/** A message with the setting, its value, the wrong part, the reason and a valid example. */
function problem(issue: z.core.$ZodIssue, context: Readonly<Record<string, unknown>>): string {
  const [name, ...inside] = issue.path.map(String);
  const reason = (issue.code === "invalid_key" && issue.issues[0]?.message) || issue.message;
  const where = inside.length > 0 ? `${inside.join(".")}: ` : "";
  const example = Object.entries(examples).find(([key]) => key === name)?.[1];
  return `"${name}" is ${JSON.stringify(context[name ?? ""])}: ${where}${reason} (for example ${example})`;
}

/** The settings of a deployment are invalid. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";

  constructor(source: string, problems: readonly string[]) {
    super([`${source} cannot be used:`, ...problems].join("\n  "));
  }
}
