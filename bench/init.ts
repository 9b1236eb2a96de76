/**
 * `npm run bench:init`: measures the size of the function's bundle and the time to load its module. The baseline is an
 * empty
 * handler with the same SDK clients; the difference is the cost of our own code.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { bundling } from "../lib/function-code.ts";

/** Number of loads, each in a new process. The fastest counts because other work disturbed it least. */
const loads = 15;

const emptyHandler = `
import { EC2Client } from "@aws-sdk/client-ec2";
import { EKSClient } from "@aws-sdk/client-eks";
import { S3Client } from "@aws-sdk/client-s3";
import { SecurityHubClient } from "@aws-sdk/client-securityhub";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
export const clients = [EC2Client, EKSClient, S3Client, SecurityHubClient, SSMClient, STSClient].map((Client) => new Client({}));
export const handler = async () => {};
`;

const out = mkdtempSync(join(tmpdir(), "bench-init-"));
const { entryPoints: _, ...empty } = bundling;
const resolveDir = fileURLToPath(new URL("..", import.meta.url));
buildSync({ ...bundling, outdir: join(out, "ours") });
buildSync({ ...empty, stdin: { contents: emptyHandler, resolveDir }, outfile: join(out, "empty/index.mjs") });
for (const which of ["ours", "empty"]) {
  const file = join(out, which, "index.mjs");
  console.log(`${which}: ${(statSync(file).size / 1e6).toFixed(2)} MB, loaded in ${load(file).toFixed(0)} ms`);
}
rmSync(out, { recursive: true });

/** Milliseconds to import the module. */
function load(file: string): number {
  const script =
    "const start = performance.now(); await import(process.argv[1]); console.log(performance.now() - start);";
  const env = { ...process.env, AWS_REGION: "us-east-1" };
  const run = () => Number(execFileSync(process.execPath, ["--input-type=module", "--eval", script, file], { env }));
  return Math.min(...Array.from({ length: loads }, run));
}
