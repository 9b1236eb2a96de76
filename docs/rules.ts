/** Writes docs/rules.md from the rules. With --check it only reports whether the page is stale. */
import { shortNumbers } from "../bin/cli/formats/columns.ts";
import { operatingSystems, osFamilies } from "../lambda/domain/operating-systems.ts";
import { requirementsOf, usualBenchmarks } from "../lambda/domain/requirements.ts";
import { type BenchmarkName, benchmarkNames } from "../lambda/domain/rule-facts.ts";
import { rules as listedRules } from "../lambda/rules/index.ts";
import { benchmarkVersions, newestBenchmark } from "../lambda/rules/kit/benchmark.ts";
import { isInNoBenchmark, severityOf } from "../lambda/rules/kit/picked.ts";
import type { Rule } from "../lambda/rules/kit/rule.ts";
import { withoutRule } from "../lambda/rules/kit/without-rule.ts";
import { listed } from "../lambda/text.ts";
import { generated, withPart } from "./generated.ts";

const rules: readonly Rule[] = listedRules;
const page = new URL("rules.md", import.meta.url);
const readme = new URL("../README.md", import.meta.url);

/** The rules that are on with these benchmarks and the newest version of the CIS Amazon EKS Benchmark. */
const onWith = (benchmarks: readonly BenchmarkName[]) =>
  rules.filter((rule) => severityOf(rule, newestBenchmark, { benchmarks }) !== "off");

const alongside = rules.filter((rule) => rule.alongside !== undefined);
const inNone = rules.filter(isInNoBenchmark);

const introduction = `# Rules

This page is for people who read or repair findings. It describes when each rule passes and fails, and how to repair a node.

Each rule is judged by the kubelet's effective configuration: the value after defaults, config file, drop-ins and flags.
The id of a rule names its subject and never changes. Numbers of benchmarks differ between versions.
A verdict is *passed*, *failed* or *not available*, always with a reason. On an unreadable node,
node-auditable fails and the other rules are not available. If the kubelet would not start with the files on disk,
config-drift fails too.

On Bottlerocket, neither the kubelet's files nor its flags are accessible. There a rule is judged by the host's own report
(\`apiclient report cis-k8s\`) and settings. A rule passes only if the report contains an explicit pass, and is not available
if the report could not check it. The report does not check some rules. The settings decide client-ca-trust, event-qps, hostname-override,
seccomp-default, serving-certificate and static-pods. Bottlerocket's template decides protect-kernel-defaults, rotate-client-certificates,
system-log-query and tls-min-version, because no setting changes their values. config-drift does not apply.
The report rejects a file mode above 0600. If no picked benchmark requires 0600, a mode up to 0644 passes nevertheless.

To require a setting that no rule checks, write a [rule of your own](own-rules.md).

\`npm run docs:rules\` writes this page.

## Benchmarks

The setting \`benchmarks\` ([deploy.md](deploy.md#settings)) and the option \`--benchmark\` ([cli.md](cli.md#run)) pick the benchmarks to audit by. The
rules of other benchmarks are off. Findings, reports and files contain the numbers of the picked benchmarks.

| benchmark | title | versions | rules that are on |
|---|---|---|---|
| \`cis-eks\`, the default | CIS Amazon EKS Benchmark, section 3 | ${benchmarkVersions.join(", ")} | ${onWith(["cis-eks"]).length} |
| \`cis-kubernetes\` | CIS Kubernetes Benchmark, section 4 | 1.12.0 and 2.0.1, which have the same numbers | ${onWith(["cis-kubernetes"]).length} |
| \`stig\` | DISA Kubernetes STIG | V2R4 and V2R6, which have the same numbers | ${onWith(["stig"]).length} |
| all three | | | ${onWith(benchmarkNames).length} |

* ${listed(inNone.map(({ id }) => id))} belong to no benchmark and are on with each. ${listed(alongside.map(({ id }) => id))} have no number in any benchmark, and are on with
  \`cis-kubernetes\` and \`stig\`.
* Where the limits of picked benchmarks differ, the strictest one applies: CIS Kubernetes requires the mode 0600 where the others
  accept 0644, and the STIG requires an idle timeout of five minutes.
* More rules mean more findings: each costs as much as the others ([costs](over-time.md#what-it-costs)).
* A number can stand for the id of its rule everywhere: in the setting \`rules\`, in \`exceptions.yaml\` and after \`--rule\`, for example \`3.2.3\`, \`4.2.9\`,
  \`V-242387\` or \`CNTR-K8-000330\`. SV ids are rejected, because they change with each release of the STIG.

The version of the CIS Amazon EKS Benchmark follows the cluster's Kubernetes version (1.0.1 up to 1.19, 1.5.0 up to 1.28, 1.7.0 up to 1.31,
1.8.0 from 1.32 on), unless \`benchmarkVersion\` pins it. CIS assigns benchmark 2.0.0 to Kubernetes 1.34 and 1.35. The numbers of its
section 3 are not public yet, so these versions use 1.8.0.

Controls of NIST SP 800-53 r5 and PCI DSS v4.0.1 are in the field \`Compliance.RelatedRequirements\` of each finding, in the form that
Security Hub's own controls use. The NIST controls come from the STIG's own references and from ComplianceAsCode. The latter were written for
revision 4, and the ids exist unchanged in revision 5. A rule without controls has no mapping in a public source.

## The letter of the STIG

The checks of the STIG search one file and the command line. The rules judge the effect, so they differ from the text of a check in
${rules.filter(({ letter }) => letter).length} rules. If \`stig\` is picked and a node passes by effect but fails by the text, the reason mentions it:
"The node breaks the text of V-242391 of the STIG: …".

* Most checks forbid a flag, whatever its value. V-242392, however, requires the flag \`--authorization-mode=Webhook\`.
* Some checks require that the key is in the config file, although the kubelet's default complies.
* V-242404 forbids \`--hostname-override\`, which every EKS image passes. V-242424 and V-242425 require certificate files, although the
  cluster signs the serving certificates of EKS nodes.
* A check reads the config file without its drop-ins. The rules read a drop-in as a part of the configuration, as the kubelet does. If a drop-in fails a rule, the reason
  mentions that the STIG's check does not read it.

With the setting \`stigByLetter\` or the option \`--stig-by-letter\`, the text decides: such a node fails. A stock node of Amazon Linux 2023
then fails V-242392, V-242404, V-242424, V-242425 and V-245541. On Bottlerocket, whose flags and files are not accessible, the effect decides in any case.

## Numbers without a rule

\`eks-kubelet-auditor explain NUMBER\` prints the same reasons.

| numbers | subject | reason |
|---|---|---|
${withoutRule.map(({ numbers, subject, because }) => `| ${numbers.join(", ")} | ${subject} | ${because} |`).join("\n")}
`;

/** Numbers of a rule apart from those of the CIS Amazon EKS Benchmark. */
function otherNumbers(rule: Rule): string {
  return shortNumbers(requirementsOf(rule, newestBenchmark, ["cis-kubernetes", "stig"])).join(", ") || "–";
}

/** The README's table. */
function overview(): string {
  const usual = onWith(usualBenchmarks);
  const others = rules.filter((rule) => !usual.includes(rule));
  const row = ({ id, cis, severity, title }: Rule) =>
    `| ${cis[newestBenchmark] ?? "–"} | [${id}](docs/rules.md#${id}) | ${severity.toLowerCase()} | ${title} |`;
  const otherRow = (rule: Rule) =>
    `| ${otherNumbers(rule)} | [${rule.id}](docs/rules.md#${rule.id}) | ${rule.severity.toLowerCase()} | ${rule.title} |`;
  return [
    `${usual.length} rules are on by default:\n`,
    `| CIS EKS ${newestBenchmark} | rule | severity | requirement |`,
    "|---|---|---|---|",
    ...usual.map(row),
    `\nThe setting [\`benchmarks\`](docs/rules.md#benchmarks) adds the CIS Kubernetes Benchmark and the DISA Kubernetes STIG: their numbers and ${others.length} more rules.\n`,
    "| number | rule | severity | requirement |",
    "|---|---|---|---|",
    ...others.map(otherRow),
    "",
  ].join("\n");
}

function contents(): string {
  const rows = rules.map(
    (rule) =>
      `| [${rule.id}](#${rule.id}) | ${rule.title} | ${rule.cis[newestBenchmark] ?? "–"} | ${otherNumbers(rule)} | ${rule.severity} |`,
  );
  return [
    "## All rules\n",
    `| rule | requirement | CIS EKS ${newestBenchmark} | other numbers | severity |`,
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function chapter(rule: Rule): string {
  return [
    `### ${rule.id}\n`,
    `**${rule.title}.** ${rule.why}\n`,
    facts(rule),
    `* **Passes:** ${rule.passes}`,
    `* **Fails:** ${rule.fails}`,
    `* **Not available:** ${rule.notAvailable}\n`,
    ...osFamilies.map((os) => repair(os === "linux" ? "other Linux" : operatingSystems[os].name, rule.remediation[os])),
  ].join("\n");
}

function facts(rule: Rule): string {
  const { severity, level, cis, cisKubernetes, stig, controls, datadog } = rule;
  const versions = Map.groupBy(Object.entries(cis), ([, number]) => number);
  const numbers = versions
    .entries()
    .map(([number, all]) => `${number} (${all.map(([version]) => version).join(", ")})`);
  const stigIds = Object.entries(stig?.ids ?? {}).map(([vulnerability, id]) => `${vulnerability} (${id})`);
  const picks = benchmarkNames.filter((name) => onWith([name]).includes(rule));
  return [
    `* **Severity:** ${severity}`,
    `* **On with:** ${picks.length === benchmarkNames.length ? "every benchmark" : picks.join(", ")}`,
    ...(versions.size > 0 ? [`* **CIS Amazon EKS Benchmark:** ${[...numbers].join(", ")}; level ${level}`] : []),
    ...(cisKubernetes ? [`* **CIS Kubernetes Benchmark:** ${cisKubernetes}; level ${level}`] : []),
    ...(stig ? [`* **DISA Kubernetes STIG:** ${stigIds.join(", ")}; category ${"I".repeat(stig.category)}`] : []),
    ...(controls ? [`* **Controls:** ${controls.join(", ")}`] : []),
    ...(datadog === undefined ? [] : [`* **Datadog:** ${datadog}`]),
  ].join("\n");
}

/** Formats a remediation. The text after the first line that ends in a colon is a code block. */
function repair(name: string, text: string): string {
  const [, prose = text, code] = /^(.*?:)\n(.*)$/s.exec(text) ?? [];
  return [
    `<details><summary>${name}</summary>\n`,
    `${escaped(prose)}\n`,
    ...(code ? ["```", code, "```\n"] : []),
    "</details>",
  ].join("\n");
}

function escaped(prose: string): string {
  return prose.replaceAll(/[*<]/g, "\\$&").replaceAll("\n", "  \n");
}

const text = [introduction, contents(), ...rules.map((rule) => `${chapter(rule)}\n`)].join("\n");
const command = "npm run docs:rules";
generated(page, text, command);
generated(readme, withPart(readme, overview(), command), command);
