/** `npm run local-aws [-- PORT]`: serves the embedded AWS with the stack deployed, until Ctrl-C. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sampleSettings } from "./sample-region.ts";
import { startLocalAws } from "./server.ts";
import { synthesize } from "./synthesize.ts";

const [given = "0", ...rest] = process.argv.slice(2);
if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535 || rest.length > 0) {
  console.error("Usage: npm run local-aws [-- PORT]\n\nWithout a port it takes one that is free.");
  process.exit(2);
}

const cdkOut = mkdtempSync(join(tmpdir(), "local-aws-cdk-"));
await synthesize(cdkOut, sampleSettings);
const aws = await startLocalAws({ port: Number(given) });
aws.deploy(cdkOut);

console.log(`The embedded AWS listens on ${aws.endpoint}. In another terminal:\n`);
for (const [name, value] of Object.entries(aws.environment())) console.log(`export ${name}=${value}`);
console.log("\nnpx eks-kubelet-auditor run\nnpm run -s verify-deployment\naws eks list-clusters\n\nCtrl-C stops it.");

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await aws.close();
    rmSync(cdkOut, { recursive: true });
    process.exit(0);
  });
}
