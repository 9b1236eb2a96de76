import { contentSteps, type Step } from "../../../lib/windows-steps.ts";

/** Runs the steps as Get-Refusal in lib/collect/windows/configuration.ps1 does. Returns the reason, or "". */
export function refusal(steps: readonly Step[], content: string): string {
  let text = `\n${content.toLowerCase()}\n`;
  for (const [action, pattern, rest] of steps) {
    const regex = new RegExp(pattern, "g");
    if (action === "replace") for (let pass = 0; pass < 16; pass++) text = text.replace(regex, rest);
    else if (regex.test(text) === (action === "refuse")) return rest;
  }
  return "";
}

/** What the Windows collector decides about a file: "content", or the problem. */
export function onWindows(content: string | Buffer): string {
  return refusal(contentSteps, Buffer.from(content).toString("latin1")) || "content";
}
