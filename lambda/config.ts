import { readFileSync } from "node:fs";
import { matchesGlob } from "node:path";
import * as z from "zod";
import type { Membership } from "./aws/member.ts";
import type { Exception } from "./domain/exception.ts";
import type { BenchmarkName } from "./domain/rule-facts.ts";
import { type ExceptionScope, exceptionScopes, readExceptions } from "./judge/exceptions.ts";
import type { OwnRule } from "./own-rules/own-rule.ts";
import { readOwnRules } from "./own-rules/read-own-rules.ts";
import { benchmarkVersions } from "./rules/kit/benchmark.ts";
import { benchmarkChoice, type RuleChoice, ruleChoice } from "./rules/kit/choice.ts";

/**
 * The function's environment, shared with `lib/` so that a misspelt variable fails the type check.
 * Lambda passes values as strings; a value with structure is JSON.
 */
export type Environment = {
  /** Name of the SSM document that holds the collector. */
  DOCUMENT_NAME: string;
  /** SHA-256 of that document's content, in hex. The auditor does not run a document with another content. */
  DOCUMENT_SHA256: string;
  /** Name of the bucket that holds the ledgers. */
  LEDGER_BUCKET: string;
  /** Path of rules.yaml, relative to the working directory; absent means no own rules. */
  RULES_FILE?: string;
  /** Path of exceptions.yaml, relative to the working directory; absent means no exceptions. */
  EXCEPTIONS_FILE?: string;
  /**
   * JSON list of the fields that may limit an exception, for example ["cluster", "instance"]; absent means all fields.
   */
  EXCEPTION_SCOPES?: string;
  /** JSON `{"include": ["glob", …], "exclude": ["glob", …]}`, the clusters to audit; absent means all. */
  CLUSTERS?: string;
  /** "true": the run also audits hybrid nodes, which SSM manages. */
  HYBRID?: "true";
  /** "true": each run stores its report in the bucket of the ledgers. */
  REPORT?: "true";
  /** JSON `{"rule-id": "off" | severity}`. */
  RULES?: string;
  /**
   * JSON list of the benchmarks to audit by, for example ["cis-eks", "stig"]; absent means the CIS Amazon EKS
   * Benchmark.
   */
  BENCHMARKS?: string;
  /** "true": a node fails a rule even if it breaks only the literal text of the STIG's check. */
  STIG_BY_LETTER?: "true";
  /**
   * The version of the CIS Amazon EKS Benchmark for all clusters, for example "1.8.0"; absent means the one for each
   * Kubernetes version.
   */
  BENCHMARK_VERSION?: string;
  /** URL of the queue with the state changes of instances; absent when events are switched off. */
  QUEUE_URL?: string;
  /** Name of the role to assume in each audited account; absent when the function audits only its own account. */
  MEMBER_ROLE?: string;
  /** The external id that the function sends when it assumes that role. */
  EXTERNAL_ID?: string;
};

export interface Config {
  documentName: string;
  documentSha256: string;
  ledgerBucket: string;
  exceptions: readonly Exception[];
  /** Whether the settings include the cluster with this name. */
  isAudited(cluster: string): boolean;
  hybrid: boolean;
  report: boolean;
  rules: RuleChoice;
  ownRules: readonly OwnRule[];
  benchmarks?: readonly BenchmarkName[];
  stigByLetter: boolean;
  benchmarkVersion?: string;
  queueUrl?: string;
  /** Present only in the hub of an organization. */
  membership?: Membership;
}

/** The environment is invalid. The function stops before any call to AWS. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(variable: keyof Environment, value: string | undefined, problem: string) {
    super(`The environment variable ${variable} is ${JSON.stringify(value) ?? "not set"}: ${problem}.`);
  }
}

/** Reads and checks the whole environment at once, before any call to AWS. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const {
    DOCUMENT_NAME,
    DOCUMENT_SHA256,
    LEDGER_BUCKET,
    EXCEPTIONS_FILE,
    RULES_FILE,
    ...optional
  }: Partial<Environment> = environment;
  const { CLUSTERS, EXCEPTION_SCOPES, HYBRID, REPORT, RULES, BENCHMARKS, QUEUE_URL, MEMBER_ROLE, EXTERNAL_ID } =
    optional;
  if (!DOCUMENT_NAME)
    throw new ConfigError(
      "DOCUMENT_NAME",
      DOCUMENT_NAME,
      "set it to the name of the SSM document that holds the collector",
    );
  if (!DOCUMENT_SHA256 || !/^[\da-f]{64}$/.test(DOCUMENT_SHA256))
    throw new ConfigError("DOCUMENT_SHA256", DOCUMENT_SHA256, "set it to the SHA-256 of the document, in hex");
  if (!LEDGER_BUCKET)
    throw new ConfigError("LEDGER_BUCKET", LEDGER_BUCKET, "set it to the name of the bucket that holds the ledgers");
  const version = optional.BENCHMARK_VERSION ? knownBenchmark(optional.BENCHMARK_VERSION) : undefined;
  const ownRules = RULES_FILE ? readOwnRules(readFileSync(RULES_FILE, "utf8"), RULES_FILE).rules : [];
  return {
    documentName: DOCUMENT_NAME,
    documentSha256: DOCUMENT_SHA256,
    ledgerBucket: LEDGER_BUCKET,
    ownRules,
    exceptions: EXCEPTIONS_FILE
      ? readExceptions(readFileSync(EXCEPTIONS_FILE, "utf8"), EXCEPTIONS_FILE, {
          scopes: scopesIn(EXCEPTION_SCOPES),
          version,
          ownRules,
        })
      : [],
    isAudited: clusterFilter(CLUSTERS),
    hybrid: HYBRID === "true",
    report: REPORT === "true",
    rules: fromJson("RULES", RULES || "{}", ruleChoice(version)),
    ...(BENCHMARKS && { benchmarks: fromJson("BENCHMARKS", BENCHMARKS, benchmarkChoice) }),
    stigByLetter: optional.STIG_BY_LETTER === "true",
    ...(version && { benchmarkVersion: version }),
    ...(QUEUE_URL && { queueUrl: QUEUE_URL }),
    ...(MEMBER_ROLE && { membership: { roleName: MEMBER_ROLE, externalId: externalId(EXTERNAL_ID) } }),
  };
}

const patterns = z.array(z.string().min(1));
const clustersSchema = z.strictObject({ include: patterns.default(["*"]), exclude: patterns.default([]) });

/**
 * Returns a filter that matches cluster names against shell patterns. An excluded cluster is never audited, even if it
 * is also included.
 */
export function clusterFilter(json: string | undefined): (name: string) => boolean {
  const { include, exclude } = fromJson("CLUSTERS", json || "{}", clustersSchema);
  const matchesAny = (globs: readonly string[], name: string) => globs.some((glob) => matchesGlob(name, glob));
  return (name) => matchesAny(include, name) && !matchesAny(exclude, name);
}

/** The fields that may limit an exception. Undefined means all fields; it is returned when the variable is not set. */
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
    "it is required when MEMBER_ROLE is set, because the role's trust policy checks it",
  );
}

function knownBenchmark(version: string): string {
  const known = benchmarkVersions.find((each) => each === version);
  if (known) return known;
  throw new ConfigError("BENCHMARK_VERSION", version, `the known versions are ${benchmarkVersions.join(", ")}`);
}
