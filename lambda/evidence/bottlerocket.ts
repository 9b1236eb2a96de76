import * as z from "zod";
import type { Unreadable } from "../domain/node.ts";
import { altered } from "./frame.ts";
import { type Fields, text } from "./records.ts";

/**
 * Answers of Bottlerocket's API. On Bottlerocket the collector cannot see the kubelet's process and files. A string is
 * the reason why an answer is missing.
 */
export interface BottlerocketAnswers {
  report: CisReport | string;
  settings: KubernetesSettings | string;
  /** Absent in evidence of earlier collectors. */
  further?: FurtherSettings | string;
}

/** Output of `apiclient report cis-k8s`. Source: bottlerocket-core-kit, sources/bloodhound/src/results.rs. */
export interface CisReport {
  benchmark: string;
  /** For example "v1.8.0". */
  version: string;
  /** Keyed by the check's number in the benchmark, for example "4.2.3". */
  checks: ReadonlyMap<string, CisCheck>;
}

/** Result of one check. SKIP can also mean that the check could not read what it checks. */
export interface CisCheck {
  status: "PASS" | "FAIL" | "SKIP";
  /** Why the check does not pass. */
  error: string;
}

/** The members of settings.kubernetes that the collector reads. A member without a value is absent. */
export interface KubernetesSettings {
  "standalone-mode"?: boolean;
  "event-qps"?: number;
  "server-tls-bootstrap"?: boolean;
}

/**
 * Members that the collector reads in a second query. A Bottlerocket release that lacks one of them may refuse the
 * whole query.
 */
export interface FurtherSettings {
  "static-pods-enabled"?: boolean;
  "seccomp-default"?: boolean;
  "hostname-override"?: string;
}

/** Printable ASCII, because reports show this text to people. */
const word = z.string().regex(/^[ -~]{1,100}$/);

const reportSchema = z.object({
  name: word,
  version: word,
  results: z.record(
    word,
    z.object({
      id: z.string().regex(/^\d{1,2}\.\d{1,2}\.\d{1,2}$/),
      status: z.enum(["PASS", "FAIL", "SKIP"]),
      error: z.string().max(1_000),
    }),
  ),
});

const settingsSchema = answerOf({
  "standalone-mode": z.boolean().exactOptional(),
  "event-qps": z.int().exactOptional(),
  "server-tls-bootstrap": z.boolean().exactOptional(),
});

/** Names of hosts have at most 253 characters. */
const furtherSchema = answerOf({
  "static-pods-enabled": z.boolean().exactOptional(),
  "seccomp-default": z.boolean().exactOptional(),
  "hostname-override": z.string().max(253).exactOptional(),
});

/** The answer to `apiclient get`, which lacks settings without a value and empty objects. */
function answerOf<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object({ settings: z.object({ kubernetes: z.object(shape).prefault({} as never) }).prefault({} as never) });
}

export function readAnswers(fields: Fields): BottlerocketAnswers {
  return {
    report: fields.has("report") ? readReport(parse(reportSchema, "report", fields)) : excuse(fields, "no-report"),
    settings: fields.has("settings")
      ? parse(settingsSchema, "settings", fields).settings.kubernetes
      : excuse(fields, "no-settings"),
    ...readFurther(fields),
  };
}

function readFurther(fields: Fields): Pick<BottlerocketAnswers, "further"> {
  if (fields.has("further")) return { further: parse(furtherSchema, "further", fields).settings.kubernetes };
  return fields.has("no-further") ? { further: excuse(fields, "no-further") } : {};
}

/** The collector's reason for a missing answer. */
export function excuse(fields: Fields, name: string): string {
  const said = text(fields.get(name));
  if (!/^(apiclient|more than) [a-z\d ]{1,80}$/.test(said))
    throw altered(`record "${name}" does not contain a reason that the collector writes`);
  return said;
}

function parse<T>(schema: z.ZodType<T>, name: string, fields: Fields): T {
  const parsed = schema.safeParse(fromJson(text(fields.get(name)), name));
  if (parsed.success) return parsed.data;
  throw altered(`Bottlerocket's ${name} does not have the form that its API returns`);
}

function fromJson(json: string, name: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw altered(`Bottlerocket's ${name} is not JSON`);
  }
}

function readReport({ name, version, results }: z.infer<typeof reportSchema>): CisReport {
  const checks = new Map<string, CisCheck>();
  for (const { id, ...check } of Object.values(results)) {
    if (checks.has(id)) throw altered(`Bottlerocket's report contains check ${id} twice`);
    checks.set(id, check);
  }
  return { benchmark: name, version, checks };
}

/** Bottlerocket's first release with the report is 1.15.0. Source: bottlerocket CHANGELOG.md, "v1.15.0". */
const firstMinorWithReport = 15;

/**
 * The benchmark versions in which Bottlerocket's check numbers have the meaning that the rules expect. Source:
 * bottlerocket pull requests 3239 (1.7.1) and 3558 (1.8.0), bottlerocket-core-kit pull request 563 (1.11.1).
 */
const knownBenchmark = "CIS Kubernetes Benchmark (Worker Node)";
const knownVersions = ["v1.7.1", "v1.8.0", "v1.11.1"];

/** The report, or why this auditor cannot read one. `release` is Bottlerocket's version, for example "1.26.1". */
export function theReport(
  answers: BottlerocketAnswers,
  release = "",
): { report: CisReport } | { unreadable: Unreadable } {
  const { report } = answers;
  if (typeof report === "string") return { unreadable: isTooOld(release) ? tooOld(release) : noReport(report) };
  const known = report.benchmark === knownBenchmark && knownVersions.includes(report.version);
  return known ? { report } : { unreadable: unknownReport(report) };
}

function isTooOld(release: string): boolean {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}$/.exec(release) ?? [];
  return major === "0" || (major === "1" && Number(minor) < firstMinorWithReport);
}

function tooOld(release: string): Unreadable {
  return {
    code: "UNSUPPORTED_OS",
    because: `Bottlerocket ${release} cannot report on its kubelet; releases from 1.15 on can.`,
    fix: "Upgrade to Bottlerocket 1.15 or later: replace the node with one of a newer AMI, or on the node run: apiclient update apply --check --reboot",
  };
}

function noReport(problem: string): Unreadable {
  return {
    code: "EVIDENCE_INCOMPLETE",
    because: `Bottlerocket returned no report on its kubelet: ${problem}.`,
    fix: "In the node's control container, run this command and read its error: apiclient report cis-k8s -f json",
  };
}

function unknownReport({ benchmark, version }: CisReport): Unreadable {
  return {
    code: "EVIDENCE_UNKNOWN_FORMAT",
    because: `Bottlerocket's report follows ${JSON.stringify(`${benchmark} ${version}`)}, whose check numbers this auditor cannot read; it can read ${knownBenchmark} ${knownVersions.join(", ")}.`,
    fix: "Deploy a newer version of this auditor. The node itself needs no change.",
  };
}
