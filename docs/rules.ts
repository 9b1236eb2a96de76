/** Writes docs/rules.md out of the rules; with --check it only says whether the page is stale. */
import type { OsFamily } from "../lambda/domain/node.ts";
import { osNames } from "../lambda/domain/os-names.ts";
import { rules } from "../lambda/rules/index.ts";
import type { Rule } from "../lambda/rules/kit/rule.ts";
import { generated } from "./generated.ts";

const page = new URL("rules.md", import.meta.url);

const families: Readonly<Record<OsFamily, string>> = { ...osNames, linux: "other Linux" };

const introduction = `# Rules

Every rule is judged on what the kubelet does: the effective value after its defaults, config file, drop-ins and flags.
The id names the subject and never changes; the numbers are those of the CIS Amazon EKS Benchmark, which moved between versions.
A verdict is *passed*, *failed* or *not available*, always with a reason. On a node that could not be read,
node-auditable fails and the others are not available; where the files on disk would keep the kubelet from starting,
config-drift fails too.

Bottlerocket shows nobody its kubelet's files and takes no flags. There a rule is judged by the host's own report
(\`apiclient report cis-k8s\`) and settings: what the report checks passes only where it says so explicitly, and is not available
where it could not look. Two rules it leaves to people: event-qps is judged by the setting, and rotate-client-certificates passes,
since Bottlerocket never writes that value. config-drift does not apply. A file mode that only the report's stricter 0600 refuses
passes.

The benchmark follows the cluster's Kubernetes version (1.0.1 up to 1.19, 1.5.0 up to 1.28, 1.7.0 up to 1.31, 1.8.0 from
1.32 on) unless \`benchmarkVersion\` pins it. CIS names benchmark 2.0.0 for Kubernetes 1.34 and 1.35; the numbers of its
section 3 are not public yet, so 1.8.0 stands in for it.

This page is written by \`npm run docs:rules\`.
`;

function contents(): string {
  const rows = rules.map(
    (rule) => `| [${rule.id}](#${rule.id}) | ${rule.title} | ${rule.cis["1.8.0"] ?? "our own"} | ${rule.severity} |`,
  );
  return ["| rule | says | CIS 1.8.0 | severity |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function chapter(rule: Rule): string {
  return [
    `## ${rule.id}\n`,
    `**${rule.title}.** ${rule.why}\n`,
    facts(rule),
    `* **Passes:** ${rule.passes}`,
    `* **Fails:** ${rule.fails}`,
    `* **Not available:** ${rule.notAvailable}\n`,
    ...Object.entries(families).map(([os, name]) =>
      repair(name, Object.entries(rule.remediation).find(([key]) => key === os)?.[1] ?? ""),
    ),
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

/** Prose up to the first line that ends in a colon; what follows is to be pasted. */
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
generated(page, text, "npm run docs:rules");
