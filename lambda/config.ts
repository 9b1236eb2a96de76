import { readFileSync } from "node:fs";
import { matchesGlob } from "node:path";
import * as z from "zod";
import type { Membership } from "./aws/member.ts";
import type { Exception } from "./domain/exception.ts";
import { type ExceptionScope, exceptionScopes, readExceptions } from "./judge/exceptions.ts";
import { benchmarkVersions } from "./rules/kit/benchmark.ts";
import { type RuleChoice, ruleChoice } from "./rules/kit/choice.ts";

/**
 * The function's environment, shared with `lib/` so that a misspelt variable fails the type check.
 * Values are strings as Lambda hands them over; JSON where a value has structure.
 */
export type Environment = {
  /** Name of the SSM document that holds the collector. */
  DOCUMENT_NAME: string;
  /** SHA-256 of that document's content, in hex: another content is not run. */
  DOCUMENT_SHA256: string;
  /** Name of the bucket that holds the ledgers. */
  LEDGER_BUCKET: string;
  /** Path of exceptions.yaml, from the working directory; absent means no exceptions. */
  EXCEPTIONS_FILE?: string;
  /** JSON list of what exceptions may be limited to, for example ["cluster", "instance"]; absent means anything. */
  EXCEPTION_SCOPES?: string;
  /** JSON `{"include": ["glob", …], "exclude": ["glob", …]}`: which clusters are audited; absent means all. */
  CLUSTERS?: string;
  /** "true": hybrid nodes, which SSM manages, are audited too. */
  HYBRID?: "true";
  /** "true": the report of each run is put beside the ledgers. */
  REPORT?: "true";
  /** JSON `{"rule-id": "off" | severity}`. */
  RULES?: string;
  /** Pins the CIS benchmark version, for example "1.8.0". */
  BENCHMARK_VERSION?: string;
  /** URL of the queue of instances that changed their state; absent when events are switched off. */
  QUEUE_URL?: string;
  /** Name of the role to assume in whatever account is audited; absent where the function audits its own account only. */
  MEMBER_ROLE?: string;
  /** What that role is asked for with. */
  EXTERNAL_ID?: string;
};

export interface Config {
  documentName: string;
  documentSha256: string;
  ledgerBucket: string;
  exceptions: readonly Exception[];
  /** Whether a cluster of that name is to be audited. */
  isAudited(cluster: string): boolean;
  hybrid: boolean;
  report: boolean;
  rules: RuleChoice;
  benchmarkVersion?: string;
  queueUrl?: string;
  /** Present in the hub of an organization. */
  membership?: Membership;
}

/** The environment cannot be used: nothing has been done yet, and nothing will be. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(variable: keyof Environment, value: string | undefined, problem: string) {
    super(`The environment variable ${variable} is ${JSON.stringify(value) ?? "not set"}: ${problem}.`);
  }
}

/** Reads and checks the whole environment at once, before any call to AWS. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const { DOCUMENT_NAME, DOCUMENT_SHA256, LEDGER_BUCKET, EXCEPTIONS_FILE, ...optional }: Partial<Environment> =
    environment;
  const { CLUSTERS, EXCEPTION_SCOPES, HYBRID, REPORT, RULES, BENCHMARK_VERSION, QUEUE_URL, MEMBER_ROLE, EXTERNAL_ID } =
    optional;
  if (!DOCUMENT_NAME)
    throw new ConfigError("DOCUMENT_NAME", DOCUMENT_NAME, "it has to name the SSM document that holds the collector");
  if (!DOCUMENT_SHA256 || !/^[\da-f]{64}$/.test(DOCUMENT_SHA256))
    throw new ConfigError("DOCUMENT_SHA256", DOCUMENT_SHA256, "it has to be the SHA-256 of the document, in hex");
  if (!LEDGER_BUCKET)
    throw new ConfigError("LEDGER_BUCKET", LEDGER_BUCKET, "it has to name the bucket that holds the ledgers");
  return {
    documentName: DOCUMENT_NAME,
    documentSha256: DOCUMENT_SHA256,
    ledgerBucket: LEDGER_BUCKET,
    exceptions: EXCEPTIONS_FILE
      ? readExceptions(readFileSync(EXCEPTIONS_FILE, "utf8"), EXCEPTIONS_FILE, scopesIn(EXCEPTION_SCOPES))
      : [],
    isAudited: clusterFilter(CLUSTERS),
    hybrid: HYBRID === "true",
    report: REPORT === "true",
    rules: fromJson("RULES", RULES || "{}", ruleChoice),
    ...(BENCHMARK_VERSION && { benchmarkVersion: knownBenchmark(BENCHMARK_VERSION) }),
    ...(QUEUE_URL && { queueUrl: QUEUE_URL }),
    ...(MEMBER_ROLE && { membership: { roleName: MEMBER_ROLE, externalId: externalId(EXTERNAL_ID) } }),
  };
}

const patterns = z.array(z.string().min(1));
const clustersSchema = z.strictObject({ include: patterns.default(["*"]), exclude: patterns.default([]) });

/** Shell patterns on cluster names; what is excluded stays out, included or not. */
export function clusterFilter(json: string | undefined): (name: string) => boolean {
  const { include, exclude } = fromJson("CLUSTERS", json || "{}", clustersSchema);
  const matchesAny = (globs: readonly string[], name: string) => globs.some((glob) => matchesGlob(name, glob));
  return (name) => matchesAny(include, name) && !matchesAny(exclude, name);
}

/** What exceptions may be limited to; anything when the variable is not set. */
function scopesIn(json: string | undefined): ExceptionScope[] | undefined {
  return json ? fromJson("EXCEPTION_SCOPES", json, z.array(z.enum(exceptionScopes)).min(1)) : undefined;
}

function fromJson<Value>(variable: keyof Environment, json: string, schema: z.ZodType<Value>): Value {
  const parsed = z
    .string()
    .transform((text, { addIssue }): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        addIssue("it is not JSON");
        return z.NEVER;
      }
    })
    .pipe(schema)
    .safeParse(json);
  if (!parsed.success) throw new ConfigError(variable, json, z.prettifyError(parsed.error));
  return parsed.data;
}

function externalId(id: string | undefined): string {
  if (id) return id;
  throw new ConfigError(
    "EXTERNAL_ID",
    id,
    "it has to be there when MEMBER_ROLE is, as the role trusts nobody without it",
  );
}

function knownBenchmark(version: string): string {
  const known = benchmarkVersions.find((each) => each === version);
  if (known) return known;
  throw new ConfigError("BENCHMARK_VERSION", version, `the known ones are ${benchmarkVersions.join(", ")}`);
}
