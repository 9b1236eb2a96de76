/** `npm run local-aws`: serves the embedded AWS with the stack deployed, until Ctrl-C. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startLocalAws } from "./server.ts";

const app = fileURLToPath(new URL("../bin/app.ts", import.meta.url));
const [port] = process.argv.slice(2);

const cdkOut = mkdtempSync(join(tmpdir(), "local-aws-cdk-"));
const synth = spawnSync(process.execPath, [app], { stdio: "inherit", env: { ...process.env, CDK_OUTDIR: cdkOut } });
if (synth.status !== 0) {
  rmSync(cdkOut, { recursive: true });
  process.exit(2);
}
const aws = await startLocalAws(port === undefined ? {} : { port: Number(port) });
aws.deploy(cdkOut);

console.log(`The embedded AWS listens on ${aws.endpoint}. In another terminal:\n`);
for (const [name, value] of Object.entries(aws.environment())) console.log(`export ${name}=${value}`);
console.log("\naws eks list-clusters\n\nCtrl-C stops it.");

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await aws.close();
    rmSync(cdkOut, { recursive: true });
    process.exit(0);
  });
}
