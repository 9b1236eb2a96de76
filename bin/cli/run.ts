import { access, constants, stat, writeFile } from "node:fs/promises";
import { dirname, matchesGlob } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { createClients } from "../../lambda/aws/clients.ts";
import { inParallel } from "../../lambda/aws/parallel.ts";
import type { BenchmarkName } from "../../lambda/domain/rule-facts.ts";
import { rules } from "../../lambda/rules/index.ts";
import type { RuleChoice } from "../../lambda/rules/kit/choice.ts";
import type { Rule } from "../../lambda/rules/kit/rule.ts";
import { benchmarkOfNumber } from "../../lambda/rules/kit/rule-names.ts";
import { counted, nearest } from "../../lambda/text.ts";
import { readExceptionsFile } from "../../lib/exceptions-file.ts";
import { nodeCounts } from "./counts.ts";
import { exitCodeOf, type FailOn } from "./fail-on.ts";
import { type FormatName, formats } from "./formats/index.ts";
import type { Io } from "./io.ts";
import { noOwnRules, type OwnRules, readOwnRulesFile } from "./own-rules.ts";
import { startProgress } from "./progress.ts";
import { exitCodes } from "./report.ts";
import { inOrder } from "./result.ts";
import { ruleNamed } from "./rule-names.ts";
import { type AuditedRegion, auditRegion, type Wish } from "./run/region.ts";
import { type Trouble, tellOf } from "./run/trouble.ts";
import { plainScreen, screenOf } from "./screen.ts";
import { type StandardOptions, standardOf } from "./standard.ts";

export interface RunOptions extends StandardOptions {
  cluster?: readonly string[];
  region?: readonly string[];
  profile?: string;
  rule?: readonly string[];
  exceptions?: string;
  rules?: string;
  output: FormatName;
  out?: string;
  failOn: FailOn;
  publish?: boolean;
  nodes?: boolean;
}

/** Maximum number of Regions audited at the same time. Each Region has its own rate limits. */
const regionsAtOnce = 8;

/**
 * Audits an account's nodes with the caller's credentials, writes the results and returns the exit code. Throws an
 * InterruptedError if a signal ended the run; requests may still be in flight then.
 */
export async function run(options: RunOptions, io: Io): Promise<number> {
  const { region, profile, out, output, failOn, nodes: listsNodes = false } = options;
  if (profile !== undefined) useProfile(profile);
  const own = options.rules === undefined ? noOwnRules : readOwnRulesFile(options.rules);
  const wish = readWish(options, own);
  if (out !== undefined) await refuseUnwritable(out);
  const regions = region ?? [await usualRegion()];

  const progress = startProgress({
    stream: io.stderr,
    quiet: out === undefined && !io.stdout.isTTY,
    handleSignals: false,
  });
  const signal = io.interruption();
  const { audited, trouble } = await auditAll([...new Set(regions)], wish, progress, signal).finally(progress.stop);
  tellOf(trouble, io);
  signal.throwIfAborted();

  const results = audited.flatMap((each) => inOrder(each.results));
  const screen = out === undefined ? screenOf(io.stdout) : plainScreen;
  const location = options.exceptions ?? workflowFile(process.env.GITHUB_WORKFLOW_REF);
  const view = { screen, listsNodes, ownRules: own.rules, ...(location && { location }) };
  const text = formats[output].write({ audited, results, trouble }, view);
  if (out === undefined) io.stdout.write(text);
  else {
    const plainText = stripVTControlCharacters(text);
    await writeFile(out, plainText).catch((error: Error) => {
      // The audit may have taken minutes. So that its output is not lost, it goes to standard output instead.
      io.stdout.write(plainText);
      refuse(out, error);
    });
    progress.conclude(`Wrote ${out}.`);
  }
  // The table already begins with these figures.
  const isTold = output === "table" && out === undefined;
  for (const { place, summary } of isTold ? [] : audited) {
    const { clusters, nodes, findings } = summary;
    const failed = counted(findings.failed, "verdict");
    progress.conclude(`${place.region}: ${nodeCounts(clusters, nodes)}. ${failed} failed.`);
  }
  return trouble.length > 0 ? exitCodes.couldNotJudge : exitCodeOf(results, failOn);
}

/**
 * Selects a profile. Removes keys from the environment, because the SDK warns of them and a later version may prefer
 * them.
 */
function useProfile(profile: string): void {
  process.env.AWS_PROFILE = profile;
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) delete process.env[name];
}

function readWish(options: RunOptions, own: OwnRules): Wish {
  const { cluster, rule, exceptions, publish = false } = options;
  return {
    ...(cluster && { clusters: cluster }),
    rules: rule ? onlyRules(rule, own.rules) : {},
    ownRules: own.definitions,
    ...standardOf({ benchmark: benchmarksOf(rule ?? []), ...options }),
    exceptions: exceptions === undefined ? [] : readExceptionsFile(exceptions, { ownRules: own.rules }),
    publish,
  };
}

/**
 * Path of the running workflow; undefined outside GitHub Actions. Source: GitHub Docs, "Variables reference":
 * `octocat/hello-world/.github/workflows/my-workflow.yml@refs/heads/my_branch`.
 */
function workflowFile(reference: string | undefined): string | undefined {
  return /^[^/]+\/[^/]+\/(.+)@/.exec(reference ?? "")?.[1];
}

/**
 * The benchmarks to which the numbers among these names belong. A rule that is named by a number is judged as the
 * benchmark of the number requires.
 */
function benchmarksOf(names: readonly string[]): BenchmarkName[] | undefined {
  const named = new Set(names.flatMap((name) => benchmarkOfNumber(name) ?? []));
  return named.size === 0 ? undefined : [...named];
}

/** Choice of rules that turns these rules on and all other rules off. */
function onlyRules(wanted: readonly string[], own: readonly Rule[]): RuleChoice {
  const named = new Set(wanted.map((name) => ruleNamed(name, own)));
  return Object.fromEntries([...rules, ...own].map((rule) => [rule.id, named.has(rule) ? rule.severity : "off"]));
}

/** Thrown if no cluster of the audited Regions matches the pattern. */
export class UnknownClusterError extends Error {
  override readonly name = "UnknownClusterError";
  constructor(pattern: string, known: readonly string[], where: string) {
    const meant = nearest(pattern, known);
    super(
      `Unknown cluster ${JSON.stringify(pattern)}. ${meant ? `Did you mean ${meant}?` : `EKS lists ${known.join(", ")} in ${where}.`}`,
    );
  }
}

/** Throws if the output file cannot be written. Runs before the audit, so that no finished audit is lost. */
async function refuseUnwritable(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw new Error(`--out: ${path} is a folder. Name a file in it.`);
  await access(there ? path : dirname(path), constants.W_OK).catch((error: Error) => refuse(path, error));
}

function refuse(path: string, { message }: Error): never {
  throw new Error(`--out: ${path} cannot be written: ${message}. Name another file.`);
}

/**
 * Region of the environment or the profile. Reads the credentials first: if the profile does not exist, the error about
 * the credentials contains its name. The error about the Region does not.
 */
async function usualRegion(): Promise<string> {
  const { config } = createClients().ssm;
  await config.credentials();
  return config.region();
}

async function auditAll(
  regions: readonly string[],
  wish: Wish,
  progress: ReturnType<typeof startProgress>,
  signal: AbortSignal,
) {
  const audited: AuditedRegion[] = [];
  const trouble: Trouble[] = [];
  await inParallel(regionsAtOnce, regions, async (region) => {
    try {
      const auditedRegion = await auditRegion(region, wish, (step, count) => progress.say(step, region, count), signal);
      audited.push(auditedRegion);
      trouble.push(...auditedRegion.trouble.map((error) => ({ where: region, error })));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // An interruption is not an error of this Region.
      if (error !== signal.reason) trouble.push({ where: region, error });
    }
  });
  audited.sort((one, other) => regions.indexOf(one.place.region) - regions.indexOf(other.place.region));
  return { audited, trouble: [...trouble, ...missed(audited, regions, wish)] };
}

/** Errors about requested clusters that no Region has. Empty if a Region could not be read: it may have the cluster. */
function missed(audited: readonly AuditedRegion[], regions: readonly string[], { clusters }: Wish): Trouble[] {
  if (audited.length < regions.length) return [];
  const known = [...new Set(audited.flatMap((each) => [...each.known]))];
  const where = regions.join(", ");
  if (known.length === 0) return [{ error: new Error(`Nothing to audit: EKS lists no cluster in ${where}.`) }];
  const unknown = (clusters ?? []).filter((pattern) => !known.some((name) => matchesGlob(name, pattern)));
  return unknown.map((name) => {
    return { error: new UnknownClusterError(name, known, where) };
  });
}
