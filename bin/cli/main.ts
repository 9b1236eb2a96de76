/** The command line: audits an account's nodes, or judges the evidence that the collector printed on a node. */
import { createReadStream } from "node:fs";
import { text } from "node:stream/consumers";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { Rule } from "../../lambda/rules/kit/rule.ts";
import { collectorText, windowsCollectorText } from "../../lib/collect-content.ts";
import { whyUnreadable } from "../../lib/text-file.ts";
import manifest from "../../package.json" with { type: "json" };
import { type CheckOptions, checked, judgeEvidence, uncheckable } from "./check.ts";
import { checkTogether } from "./check-together.ts";
import { configz, withoutConfigz } from "./configz.ts";
import { diffConfig } from "./diff-config.ts";
import { type EffectiveOptions, effective, inexplicable } from "./effective.ts";
import { readEvidenceFile, readSavedFile } from "./evidence-file.ts";
import { explainRule } from "./explain.ts";
import { failOnChoices } from "./fail-on.ts";
import { type FormatName, formats } from "./formats/index.ts";
import type { Io } from "./io.ts";
import { exitCodes, print, type Report } from "./report.ts";
import { listRules } from "./rules.ts";
import { InterruptedError } from "./run/interruption.ts";
import { explain } from "./run/trouble.ts";
import type { RunOptions } from "./run.ts";
import { writeSamples } from "./sample.ts";
import { screenOf } from "./screen.ts";
import { benchmarkOption, type StandardOptions, standardOf, stigByLetterOption } from "./standard.ts";

interface Options extends StandardOptions {
  nodes?: boolean;
  clusterCa?: string;
  kubernetesVersion?: string;
  rules?: string;
  json?: boolean;
}

/** Formats of the command `check`. Its "json" is one JSON line per file, not the document that `run` writes. */
const checkFormats = (Object.keys(formats) as FormatName[]).filter((name) => name === "json" || formats[name].forFiles);

const evidence = ["<evidence...>", 'output of collect.sh, one file per node; "-" is standard input'] as const;
const version = [
  "--kubernetes-version <version>",
  "version of the cluster, such as 1.34, for evidence that does not contain one",
  readVersion,
] as const;
const json = ["--json", "one JSON object per file, each on its own line"] as const;
const ownRules = ["--rules <file>", "YAML file of your own rules, in the format of rules.yaml"] as const;
const nodes = ["--nodes", "also list the nodes, worst first"] as const;

/** Runs one command and returns its exit code. The AWS SDK reads its settings from the environment of the process. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = exitCodes.fine;
  const program = createProgram(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.couldNotJudge;
    io.stderr.write(`error: ${error instanceof Error ? explain(error) : error}\n`);
    return error instanceof InterruptedError ? error.exitCode : exitCodes.couldNotJudge;
  }
}

function createProgram(io: Io, exitWith: (code: number) => void): Command {
  const screen = screenOf(io.stdout);
  const program = new Command(manifest.name)
    .description(
      "Checks the kubelets of EKS worker nodes against the CIS benchmarks and the DISA STIG. Changes nothing on a node.",
    )
    .addHelpText(
      "after",
      `
Examples:
  npx eks-kubelet-auditor run          all clusters, with your credentials
  npx eks-kubelet-auditor help run     options, examples, exit codes`,
    )
    .version(manifest.version, "--version", "print the version")
    // One line per command fits a screen. The help of each command lists its arguments and options.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .showHelpAfterError('Run "eks-kubelet-auditor help COMMAND" for the options of a command.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });

  program
    .command("run")
    .description("audit the nodes of an AWS account, without a deployment")
    .option("--cluster <pattern...>", "audit only clusters with this name; * and ? are wildcards; may be repeated")
    .option("--region <region...>", "audit this Region instead of your default one; may be repeated")
    .option("--profile <name>", "AWS CLI profile with the credentials")
    .option("--rule <rule...>", "judge only this rule, by id, CIS number or STIG number; may be repeated")
    .addOption(benchmarkOption())
    .option(...stigByLetterOption)
    .option(...ownRules)
    .option("--exceptions <file>", "YAML file of accepted failures, in the format of exceptions.yaml")
    .addOption(new Option("--output <format>", "output format").choices(Object.keys(formats)).default("table"))
    .option(...nodes)
    .option("--out <file>", "write to this file instead of standard output")
    .addOption(
      new Option("--fail-on <results>", "results that make the command exit non-zero")
        .choices(failOnChoices)
        .default("notAvailable"),
    )
    .option("--publish", "also import the findings into Security Hub; refused where an auditor is deployed")
    .addHelpText(
      "after",
      `
Reads every node with SSM Run Command and changes nothing on a node. Uses the
SSM document of a deployed auditor. Without one, creates a temporary document
and deletes it at the end, also after Ctrl-C.

Examples:
  eks-kubelet-auditor run --profile prod --region eu-west-1 --region eu-central-1
  eks-kubelet-auditor run --cluster "prod-*" --rule 3.2.3
  eks-kubelet-auditor run --benchmark cis-eks --benchmark stig
  eks-kubelet-auditor run --rules rules.yaml --rule max-pods
  eks-kubelet-auditor run --output html --out report.html     a page for a browser, with the fix for each node
  eks-kubelet-auditor run --output json | jq '.results[] | select(.status == "failed") | .node'
  eks-kubelet-auditor run --output junit --out kubelets.xml --fail-on failed

Exit code: 0 nothing failed, 1 something failed, 2 a verdict, a cluster or a
           Region could not be determined (takes precedence over 1)
  --fail-on failed   missing verdicts do not count; errors of your own rules do
  --fail-on none     only errors of the run count`,
    )
    .action(async (options: RunOptions) => {
      // The AWS SDK takes a second to load, and only this command needs it.
      const { run } = await import("./run.ts");
      exitWith(await run(options, io));
    });

  program
    .command("check")
    .description("judge saved evidence, offline")
    .argument(...evidence)
    .option("--cluster-ca <pem>", "PEM file with the cluster's CA certificate, to compare with the kubelet's client CA")
    .option(...version)
    .addOption(benchmarkOption())
    .option(...stigByLetterOption)
    .option(...ownRules)
    .addOption(new Option("--output <format>", "output format").choices(checkFormats).default("table"))
    .option(...nodes)
    .addOption(new Option("--json", `${json[1]}; the same as --output json`).conflicts("output"))
    .addHelpText(
      "after",
      `
Examples:
  eks-kubelet-auditor check node.txt --cluster-ca ca.pem --kubernetes-version 1.34
  eks-kubelet-auditor check nodes/*.txt --output sarif > kubelets.sarif
  sudo sh collect.sh | eks-kubelet-auditor check -

Exit code: 0 nothing failed, 1 something failed, 2 a file could not be judged,
           or a rule of --rules has an error on a node (takes precedence over 1)
A verdict without its input, such as client-ca-trust without --cluster-ca, does not count.`,
    )
    .action(async (paths: string[], options: Options & { output: FormatName }) => {
      const { clusterCa, kubernetesVersion } = options;
      const output = options.json ? "json" : options.output;
      const pem = clusterCa === undefined ? {} : { clusterCa: await readPem(clusterCa) };
      const given: CheckOptions = {
        ...pem,
        ...(kubernetesVersion && { kubernetesVersion }),
        ...standardOf(options),
        ownRules: await readOwn(options),
      };
      const isOneTable = output === "table" && paths.length === 1;
      if (output !== "json" && !isOneTable)
        return exitWith(
          await checkTogether(paths, given, { format: formats[output], listsNodes: options.nodes === true }, io),
        );
      const judged = (path: string, text: string) => checked(path, judgeEvidence(text, given), screen, given);
      exitWith(await each(paths, output === "json", io, judged, (path, reason) => uncheckable(path, reason, screen)));
    });

  program
    .command("effective")
    .description("show the effective settings and their origins")
    .argument(...evidence)
    .option("--all", "show every field, not only those that something sets or a rule reads")
    .option("--configz", "print the whole configuration, as the kubelet serves it at /configz")
    .option(...version)
    .option(...json)
    .addHelpText(
      "after",
      `
For a kubelet that would refuse to start, the error is shown.

Examples:
  eks-kubelet-auditor effective node.txt --json | jq '.effective["authentication.x509.clientCAFile"]'
  eks-kubelet-auditor effective nodes/*.txt --configz --json | jq -r '[.evidence, .kubeletconfig.maxPods] | @tsv'

Exit code: 0 every file was read, 2 a file could not be read.`,
    )
    .action(async (paths: string[], { json: asJson = false, ...options }: Options & EffectiveOptions) => {
      const readable = (path: string, text: string) =>
        options.configz ? configz(path, text, options) : effective(path, text, screen, options);
      const unread = (path: string, reason: string) =>
        options.configz ? withoutConfigz(path, reason) : inexplicable(path, reason, screen);
      exitWith(await each(paths, asJson, io, readable, unread));
    });

  program
    .command("diff-config")
    .description("compare the configurations of two kubelets, field by field")
    .argument("<a>", "output of collect.sh, or a saved response of /configz")
    .argument("<b>", "a second such file, from another node or another time")
    .option(...version)
    .option("--json", "one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  eks-kubelet-auditor diff-config node-1.txt node-2.txt
  kubectl get --raw /api/v1/nodes/NODE/proxy/configz > configz.json
  eks-kubelet-auditor diff-config node.txt configz.json

Exit code: 0 no field differs, 1 a field differs, 2 a file could not be read.`,
    )
    .action(async (a: string, b: string, { json: asJson = false, ...options }: Options) => {
      const [one, other] = await Promise.all([a, b].map((path) => readSavedFile(path, io)));
      const report = diffConfig({ path: a, text: one ?? "" }, { path: b, text: other ?? "" }, screen, options);
      print(report, asJson, io);
      exitWith(report.exitCode);
    });

  program
    .command("rules")
    .description("list the rules and their numbers")
    .addOption(benchmarkOption("list only rules that are on with this benchmark; may be repeated"))
    .option(...ownRules)
    .option("--json", "one JSON array, with texts and remediations")
    .action(async ({ json: asJson = false, benchmark: picked, ...options }: Options) =>
      print(listRules(screen, picked, await readOwn(options)), asJson, io),
    );

  program
    .command("explain")
    .description("explain one rule: why, how it is judged, how to fix it")
    .argument("<rule>", "id, CIS number or STIG number of the rule, such as client-ca-file, 3.2.3 or V-242420")
    .option(...ownRules)
    .option("--json", "one JSON object")
    .action(async (rule: string, { json: asJson = false, ...options }: Options) =>
      print(explainRule(rule, screen, await readOwn(options)), asJson, io),
    );

  program
    .command("collector")
    .description("print the script that collects evidence on a node")
    .option("--windows", "the script for PowerShell on a Windows node")
    .addHelpText("after", "\nExample:\n  eks-kubelet-auditor collector > collect.sh")
    .action(({ windows }: { windows?: true }) => {
      io.stdout.write(windows ? windowsCollectorText() : collectorText());
    });

  program
    .command("sample")
    .description("write evidence of two nodes, to try check and effective")
    .argument("<folder>", "folder for the files; created when missing")
    .action(async (folder: string) => void io.stdout.write(`${await writeSamples(folder)}\n`));

  return program;
}

/** The rules of --rules. CEL takes a while to load, and is needed only with this option. */
async function readOwn({ rules }: Pick<Options, "rules">): Promise<readonly Rule[]> {
  if (rules === undefined) return [];
  const { readOwnRulesFile } = await import("./own-rules.ts");
  return readOwnRulesFile(rules).rules;
}

/** Reports each file in turn. An unreadable file does not stop the others. */
async function each(
  paths: readonly string[],
  asJson: boolean,
  io: Io,
  report: (path: string, output: string) => Report,
  unread: (path: string, reason: string) => Report,
): Promise<number> {
  const codes: number[] = [];
  for (const path of paths) {
    const one = await readEvidenceFile(path, io).then(
      (output) => report(path, output),
      (error: Error) => unread(path, error.message),
    );
    print(one, asJson, io);
    codes.push(one.exitCode);
  }
  return Math.max(...codes);
}

function readVersion(text: string): string {
  if (/^v?1\.\d{1,3}(\.\d+)?$/.test(text)) return text;
  throw new InvalidArgumentError("A Kubernetes version looks like 1.34.");
}

/** Maximum number of bytes read from the file of --cluster-ca: room for hundreds of certificates. */
const mostPemBytes = 1_048_576;

async function readPem(path: string): Promise<string> {
  const pem = await text(createReadStream(path, { end: mostPemBytes - 1 })).catch((error: Error) => {
    throw new Error(`--cluster-ca: ${whyUnreadable(path, error)}`);
  });
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  throw new Error(
    `--cluster-ca: The file ${JSON.stringify(path)} contains no PEM certificate (-----BEGIN CERTIFICATE-----). Name the file with the CA of the cluster.`,
  );
}
