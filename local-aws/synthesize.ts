import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const app = fileURLToPath(new URL("../bin/app.mjs", import.meta.url));

/** CDK's validation of the templates takes most of a synthesis, and its warnings matter only before a deployment to AWS. */
const withoutValidation = { CDK_VALIDATION: "false" };

/**
 * Synthesizes the CDK app: writes the templates and the function's bundle to `cdkOut`, like `npx cdk synth -c
 * name=value`.
 * If the app fails, throws an error with its output.
 */
export async function synthesize(cdkOut: string, context: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const child = spawn(process.execPath, [app], {
    env: { ...process.env, ...withoutValidation, CDK_OUTDIR: cdkOut, CDK_CONTEXT_JSON: JSON.stringify(context) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (code !== 0) throw new Error(`bin/app.mjs failed to synthesize the stack:\n${`${out}${err}`.trim()}`);
}
