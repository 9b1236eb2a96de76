/** Writes docs/rules.md from the rules. With --check it only reports whether the page is stale. */
import { operatingSystems, osFamilies } from "../lambda/domain/operating-systems.ts";
import { rules } from "../lambda/rules/index.ts";
import type { Rule } from "../lambda/rules/kit/rule.ts";
import { generated, withPart } from "./generated.ts";

const page = new URL("rules.md", import.meta.url);
const readme = new URL("../README.md", import.meta.url);

const introduction = `# Rules

This page is for people who read or repair findings. It describes when each rule passes and fails, and how to repair a node.

Each rule is judged by the kubelet's effective configuration: the value after defaults, config file, drop-ins and flags.
The id of a rule names its subject and never changes. The numbers are those of the CIS Amazon EKS Benchmark and differ between its versions.
A verdict is *passed*, *failed* or *not available*, always with a reason. On an unreadable node,
node-auditable fails and the other rules are not available. If the kubelet would not start with the files on disk,
config-drift fails too.

On Bottlerocket, neither the kubelet's files nor its flags are accessible. There a rule is judged by the host's own report
(\`apiclient report cis-k8s\`) and settings. A rule passes only if the report contains an explicit pass, and is not available
if the report could not check it. The report does not check two rules: event-qps is judged by the setting, and rotate-client-certificates passes
because Bottlerocket never sets that value. config-drift does not apply. A file mode passes if only the report's stricter limit of 0600 rejects it.

The version of the benchmark follows the cluster's Kubernetes version (1.0.1 up to 1.19, 1.5.0 up to 1.28, 1.7.0 up to 1.31, 1.8.0 from
1.32 on), unless \`benchmarkVersion\` pins it. CIS assigns benchmark 2.0.0 to Kubernetes 1.34 and 1.35. The numbers of its
section 3 are not public yet, so these versions use 1.8.0.

\`npm run docs:rules\` writes this page.
`;

/** The README's table. */
function overview(): string {
  const rows = rules.map(({ id, cis, severity, title }) => {
    return `| ${cis["1.8.0"] ?? "–"} | [${id}](docs/rules.md#${id}) | ${severity.toLowerCase()} | ${title} |`;
  });
  return ["| CIS 1.8.0 | rule | severity | requirement |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function contents(): string {
  const rows = rules.map(
    (rule) => `| [${rule.id}](#${rule.id}) | ${rule.title} | ${rule.cis["1.8.0"] ?? "our own"} | ${rule.severity} |`,
  );
  return ["| rule | requirement | CIS 1.8.0 | severity |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function chapter(rule: Rule): string {
  return [
    `## ${rule.id}\n`,
    `**${rule.title}.** ${rule.why}\n`,
    facts(rule),
    `* **Passes:** ${rule.passes}`,
    `* **Fails:** ${rule.fails}`,
    `* **Not available:** ${rule.notAvailable}\n`,
    ...osFamilies.map((os) => repair(os === "linux" ? "other Linux" : operatingSystems[os].name, rule.remediation[os])),
  ].join("\n");
}

function facts({ severity, level, cis, datadog }: Rule): string {
  const versions = Map.groupBy(Object.entries(cis), ([, number]) => number);
  const numbers = versions
    .entries()
    .map(([number, all]) => `${number} (${all.map(([version]) => version).join(", ")})`);
  return [
    `* **Severity:** ${severity}`,
    ...(level === undefined
      ? ["* **CIS:** none, a rule of our own"]
      : [`* **CIS:** ${[...numbers].join(", ")}; level ${level}`]),
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
