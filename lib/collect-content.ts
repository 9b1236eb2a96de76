import { readFileSync } from "node:fs";

/** Bytes of a document, parameters included. Source: AWS General Reference, "Systems Manager endpoints and quotas". */
const documentBytes = 64 * 1024;

/** Seconds a step may run on a node; the scripts end within 5, or 25 on a Bottlerocket whose API hangs. SSM takes the number as text. */
const stepSeconds = "30";

/** What runs on a node: one script per platform. The function asks for a step's output by its name. */
const steps = [
  { name: "collect", action: "aws:runShellScript", platform: "Linux", script: "collect.sh" },
  { name: "collectWindows", action: "aws:runPowerShellScript", platform: "Windows", script: "collect.ps1" },
] as const;

/** By it a deployed document is known from those of others: its name is CloudFormation's. */
export const documentTag = { key: "eks-kubelet-auditor", value: "collect" };

/** The document's content: the scripts of lib/collect, word for word. */
export function collectContent() {
  return documentContent(
    steps.map((step) => ({
      ...step,
      text: readFileSync(new URL(`collect/${step.script}`, import.meta.url), "utf8"),
    })),
  );
}

export interface Script {
  name: string;
  action: string;
  platform: string;
  script: string;
  text: string;
}

/** The document as SSM takes it; throws where SSM would refuse it or run something else than the script. */
export function documentContent(scripts: readonly Script[]) {
  for (const { script, text } of scripts) {
    if (text.trim() === "") throw new DocumentError(`lib/collect/${script} is empty`);
    if (text.includes("{{"))
      throw new DocumentError(`lib/collect/${script} contains "{{", which SSM takes for a parameter`);
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
    throw new DocumentError(`the SSM document with ${names} has ${bytes} bytes; SSM takes ${documentBytes}`);
  }
  return content;
}

/** A script that cannot go into an SSM document. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}
