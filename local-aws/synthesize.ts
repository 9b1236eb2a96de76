import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const app = fileURLToPath(new URL("../bin/app.ts", import.meta.url));

/**
 * Has the CDK app write the template and the function's bundle to `cdkOut`, as `npx cdk synth -c name=value` does.
 * Throws what the app says when it fails.
 */
export async function synthesize(cdkOut: string, context: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const child = spawn(process.execPath, [app], {
    env: { ...process.env, CDK_OUTDIR: cdkOut, CDK_CONTEXT_JSON: JSON.stringify(context) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (code !== 0) throw new Error(`the stack does not synthesize:\n${`${out}${err}`.trim()}`);
}
