/**
 * `npm run build`: makes of the construct what another CDK app can import, since Node strips no types below node_modules.
 * dist/ holds the construct, its types, the function's bundle and the scripts for the nodes, and needs nothing but the CDK.
 */
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { writeFunction } from "../lib/function-code.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = `${root}dist`;

rmSync(dist, { recursive: true, force: true });
buildSync({
  entryPoints: [`${root}lib/kubelet-auditor.ts`],
  outdir: dist,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  external: ["aws-cdk-lib", "constructs", "esbuild"],
  // yaml is CommonJS inside; an ES module has no require of its own.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
  logLevel: "warning",
});
writeFunction(`${dist}/function`);
cpSync(`${root}lib/collect`, `${dist}/collect`, { recursive: true });
execFileSync(`${root}node_modules/.bin/tsc`, ["--project", `${root}tsconfig.build.json`], { stdio: "inherit" });
