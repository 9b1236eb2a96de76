/**
 * `npm run bench:init`: measures the size of the function's bundle, and the CPU time and memory that a cold start needs
 * to load it. The baselines are an empty handler with the same SDK clients, bundled in the same way, and bundled by
 * esbuild alone, as the CDK's NodejsFunction does.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { bundling, writeFunction } from "../lib/bundle.ts";

/**
 * Number of loads, each in a new process. The fastest load counts, because other work on the machine affected it least.
 */
const loads = 15;

const emptyHandler = `
import { EC2Client } from "@aws-sdk/client-ec2";
import { EKSClient } from "@aws-sdk/client-eks";
import { S3Client } from "@aws-sdk/client-s3";
import { SecurityHubClient } from "@aws-sdk/client-securityhub";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
const Clients = [EC2Client, EKSClient, S3Client, SecurityHubClient, SQSClient, SSMClient, STSClient];
export const clients = Clients.map((Client) => new Client({}));
export const handler = async () => {};
`;

const out = mkdtempSync(join(tmpdir(), "bench-init-"));
const empty = { ...bundling, stdin: { contents: emptyHandler, resolveDir: bundling.absWorkingDir } };
await writeFunction(join(out, "ours"));
await build({ ...empty, outfile: join(out, "empty/index.mjs") });
await build({ ...empty, plugins: [], outfile: join(out, "plain/index.mjs") });
report("the function", "ours");
report("an empty handler with the same clients", "empty");
report("the same, bundled by esbuild alone", "plain");
rmSync(out, { recursive: true });

function report(what: string, folder: string): void {
  const file = join(out, folder, "index.mjs");
  const code = readFileSync(file);
  const [cpu, rss] = load(file);
  const sizes = [code, gzipSync(code)].map(({ length }) => (length / 1e6).toFixed(2));
  console.log(`${what}: ${sizes[0]} MB, gzip ${sizes[1]} MB; loaded in ${cpu} ms of CPU time, ${rss} MB of memory`);
}

/** The least milliseconds of CPU time to import the module, and the least megabytes of the process afterwards. */
function load(file: string): [cpu: string, rss: string] {
  const script = `
    const before = process.cpuUsage();
    await import(process.argv[1]);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1e3, process.memoryUsage().rss / 1e6);`;
  const env = { ...process.env, AWS_REGION: "us-east-1" };
  const run = () => execFileSync(process.execPath, ["--input-type=module", "--eval", script, file], { env });
  const runs = Array.from({ length: loads }, () => run().toString().trim().split(" ").map(Number));
  const least = (column: number) => Math.min(...runs.map((values) => values[column] ?? 0)).toFixed(0);
  return [least(0), least(1)];
}
