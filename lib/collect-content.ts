import { readFileSync } from "node:fs";
import fields from "../lambda/kubelet/fields.json" with { type: "json" };
import { commandLineSteps, contentSteps, type Step } from "./windows-steps.ts";

/**
 * Maximum bytes of a document, including parameters. Source: AWS General Reference, "Systems Manager endpoints and
 * quotas".
 */
const documentBytes = 64 * 1024;

/**
 * Timeout of a step in seconds. The scripts end within 5 seconds, or within 29 if the API of Bottlerocket hangs. SSM
 * needs the number as a string.
 */
const stepSeconds = "30";

/** Steps of the document: one script per platform. The function requests the output of a step by its name. */
const steps = [
  { name: "collect", action: "aws:runShellScript", platform: "Linux", script: "linux", text: collectorText },
  {
    name: "collectWindows",
    action: "aws:runPowerShellScript",
    platform: "Windows",
    script: "windows",
    text: windowsCollectorText,
  },
] as const;

/** Parts of the Linux collector, in the order in which the shell reads them. */
const linuxParts = [
  "records.sh",
  "paths.sh",
  "files.sh",
  "configuration.awk",
  "configuration.sh",
  "certificates.awk",
  "certificates.sh",
  "arguments.awk",
  "processes.sh",
  "bottlerocket.sh",
  "main.sh",
];

/** Parts of the Windows collector, in the order in which PowerShell reads them. */
const windowsParts = ["records", "paths", "files", "configuration", "certificates", "processes", "main"];

/** The document's content: the collector of each platform. */
export function collectContent() {
  return documentContent(steps.map((step) => ({ ...step, text: step.text() })));
}

/** The Linux collector: the parts of lib/collect/linux as one script. */
export function collectorText(): string {
  const topLevel = new Set(["kind", "apiVersion", ...Object.keys(fields).map((path) => path.replace(/[.[].*/, ""))]);
  const sent = [...topLevel].filter((name) => !name.startsWith("staticPodURL"));
  return [
    "#!/bin/sh",
    "# Prints how the kubelet on this node was started and configured; docs/evidence.md describes the output.",
    "# Reads only: it writes no file, uses no network and sends no secret.",
    "# The parts of this script are the files in lib/collect/linux.",
    "",
    `kubelet_fields=' ${sent.join(" ").toLowerCase()} '`,
    "",
    ...linuxParts.map(shellText),
  ].join("\n");
}

/** The Windows collector: the parts of lib/collect/windows as one script. */
export function windowsCollectorText(): string {
  return [
    "# Prints how the kubelet on this Windows node was started and configured; docs/evidence.md describes the output.",
    "# Reads only: it writes no file, uses no network and sends no secret.",
    "# For Windows PowerShell 5.1, which Run Command uses; the text is ASCII and takes no parameters.",
    "",
    "# Steps of lib/windows-steps.ts: an action, a pattern and a text each.",
    powershellArray("contentSteps", contentSteps),
    powershellArray("commandLineSteps", commandLineSteps),
    ...windowsParts.map((part) => source(`windows/${part}.ps1`)),
  ].join("\n");
}

/** Converts an awk program to a shell variable, for example configuration_awk. */
function shellText(part: string): string {
  const text = source(`linux/${part}`);
  if (!part.endsWith(".awk")) return text;
  if (text.includes("'")) throw new DocumentError(`lib/collect/linux/${part} contains a single quote; write \\047`);
  return `# shellcheck disable=SC2016 # the program is awk's\n${part.replace(".", "_")}='\n${text}'\n`;
}

/** Converts steps to a PowerShell variable. Only texts contain line breaks. */
function powershellArray(name: string, steps: readonly Step[]): string {
  const rows = steps.map(([action, pattern, text]) => `'${action}', '${pattern}', "${text.replaceAll("\n", "`n")}"`);
  return `$${name} = @(\n${rows.join(",\n")}\n)\n`;
}

function source(file: string): string {
  return readFileSync(new URL(`collect/${file}`, import.meta.url), "utf8");
}

export interface Script {
  name: string;
  action: string;
  platform: string;
  script: string;
  text: string;
}

/** The document in SSM's format. Throws a DocumentError if SSM would reject it or change the script. */
export function documentContent(scripts: readonly Script[]) {
  for (const { script, text } of scripts) {
    if (text.trim() === "") throw new DocumentError(`lib/collect/${script} is empty`);
    if (text.includes("{{"))
      throw new DocumentError(`lib/collect/${script} contains "{{", which SSM would replace as a parameter`);
  }
  const content = {
    schemaVersion: "2.2",
    description: "Prints how the kubelet on this node was started and configured. Reads only.",
    mainSteps: scripts.map(({ name, action, platform, text }) => ({
      name,
      action,
      precondition: { StringEquals: ["platformType", platform] },
      inputs: { timeoutSeconds: stepSeconds, runCommand: [text] },
    })),
  };
  const bytes = Buffer.byteLength(JSON.stringify(content));
  if (bytes > documentBytes) {
    const names = scripts.map(({ script }) => script).join(", ");
    throw new DocumentError(`the SSM document with ${names} has ${bytes} bytes; SSM accepts ${documentBytes}`);
  }
  return content;
}

/** A script cannot be part of an SSM document. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}
