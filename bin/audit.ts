#!/usr/bin/env node
/** The command line: judges what collect.sh printed on a node. Offline, reads only. */
import { readFile } from "node:fs/promises";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { check, uncheckable } from "./cli/check.ts";
import { effective, inexplicable } from "./cli/effective.ts";
import { readEvidenceFile } from "./cli/evidence-file.ts";
import { exitCodes, print, type Report } from "./cli/report.ts";
import { listRules } from "./cli/rules.ts";

interface Options {
  clusterCa?: string;
  kubernetesVersion?: string;
  json?: boolean;
}

const evidence = ["<evidence...>", 'what collect.sh printed on a node, a file each; "-" is standard input'] as const;
const version = [
  "--kubernetes-version <version>",
  "the cluster's version, for a node that does not tell its own, such as 1.34",
  readVersion,
] as const;
const json = ["--json", "one JSON object a line, one a file, in order"] as const;

const program = new Command("audit")
  .description("Judges the kubelet of an EKS worker node by what collect.sh printed there. Offline, reads only.")
  .exitOverride();

program
  .command("check")
  .description("which rules of CIS Amazon EKS Benchmark section 3, and which of our own, the kubelet keeps")
  .argument(...evidence)
  .option("--cluster-ca <pem>", "file with the cluster's own CA certificate, to compare the kubelet's client CA with")
  .option(...version)
  .option(...json)
  .addHelpText("after", "\nExit code: 0 nothing failed, 1 something failed, 2 something could not be judged.")
  .action(async (paths: string[], { clusterCa, ...options }: Options) => {
    const pem = clusterCa === undefined ? {} : { clusterCa: await readPem(clusterCa) };
    await each(paths, options, (path, output) => check(path, output, { ...options, ...pem }), uncheckable);
  });

program
  .command("effective")
  .description("the kubelet's effective settings, each with its origin; or why a kubelet would refuse to start")
  .argument(...evidence)
  .option(...version)
  .option(...json)
  .addHelpText("after", "\nExit code: 0 answered, 2 something could not be read.")
  .action(async (paths: string[], options: Options) => {
    await each(paths, options, (path, output) => effective(path, output, options.kubernetesVersion), inexplicable);
  });

program
  .command("rules")
  .description("the rules: their names, CIS numbers and severities")
  .option("--json", "one JSON array, with texts and remediations")
  .action(({ json: asJson = false }: Options) => print(listRules(), asJson));

/** Reports each file in turn; one that cannot be read is told and does not stop the rest. */
async function each(
  paths: readonly string[],
  options: Options,
  report: (path: string, output: string) => Report,
  unread: (path: string, reason: string) => Report,
) {
  for (const path of paths) {
    const told = await readEvidenceFile(path).then(
      (output) => report(path, output),
      (error: Error) => unread(path, error.message),
    );
    print(told, options.json ?? false);
    process.exitCode = Math.max(Number(process.exitCode ?? 0), told.exitCode);
  }
}

function readVersion(text: string): string {
  if (/^v?1\.\d{1,3}(\.\d+)?$/.test(text)) return text;
  throw new InvalidArgumentError("A Kubernetes version looks like 1.34.");
}

async function readPem(path: string): Promise<string> {
  const pem = await readFile(path, "utf8");
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  throw new Error(`--cluster-ca: ${path} holds no PEM certificate (-----BEGIN CERTIFICATE-----)`);
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) console.error(`audit: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? exitCodes.fine : exitCodes.couldNotJudge;
}
