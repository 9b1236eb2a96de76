/**
 * `npm run build`: writes dist/, which contains all code of the npm package: the construct with its types, the
 * function's bundle, the scripts for the nodes, the command line and the schemas of its JSON output. Node.js does not
 * strip types below node_modules, so the package contains JavaScript only.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import { literalKeys, writeFunction } from "../lib/bundle.ts";
import { collectorText } from "../lib/collect-content.ts";
import { thirdPartyLicenses } from "./build/third-party-licenses.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = `${root}dist`;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "esm",
  // Several bundled packages are CommonJS and call `require`, which an ES module does not have.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
  target: "node22",
  // Before an error, Node.js prints the line of code that threw it, so lines have to be short.
  lineLimit: 120,
  metafile: true,
  logLevel: "warning",
} satisfies BuildOptions;

rmSync(dist, { recursive: true, force: true });
const construct = await build({
  ...common,
  banner: {
    js: `${common.banner.js} if (Number.parseInt(process.versions.node) < 22) throw new Error("eks-kubelet-auditor needs Node.js 22.12 or newer, but this is " + process.version);`,
  },
  entryPoints: ["lib/kubelet-auditor.ts"],
  outdir: dist,
  external: ["aws-cdk-lib", "constructs", "esbuild"],
  // Before an error in a user's CDK app, Node.js prints the line of code that threw it. Minified, it would be unreadable.
  minify: false,
});
const functions = await writeFunction(`${dist}/function`);
// The bundle is split into chunks, so that `check`, `effective` and `rules` start without loading the AWS SDK.
const commandLine = await build({
  ...common,
  entryPoints: { audit: "bin/audit.ts", "judge-worker": "lambda/judge/worker.ts" },
  outdir: `${dist}/cli`,
  outExtension: { ".js": ".mjs" },
  mainFields: ["module", "main"],
  minify: true,
  plugins: [literalKeys],
  splitting: true,
  chunkNames: "[name]-[hash]",
});
cpSync(`${root}bin/eks-kubelet-auditor.mjs`, `${dist}/cli/eks-kubelet-auditor.mjs`);
chmodSync(`${dist}/cli/eks-kubelet-auditor.mjs`, 0o755);
// The construct and the command line look for these folders beside their own file.
for (const folder of [dist, `${dist}/cli`]) cpSync(`${root}lib/collect`, `${folder}/collect`, { recursive: true });
writeFileSync(`${dist}/collect.sh`, collectorText());
cpSync(`${root}lambda/report/page`, `${dist}/cli/page`, { recursive: true });
cpSync(`${root}bin/cli/samples`, `${dist}/cli/samples`, { recursive: true });
cpSync(`${root}docs/schemas`, `${dist}/schemas`, { recursive: true });
const licenses = thirdPartyLicenses(
  root,
  [construct, functions, commandLine].map(({ metafile }) => metafile),
);
writeFileSync(`${dist}/THIRD_PARTY_LICENSES`, licenses);
execFileSync(`${root}node_modules/.bin/tsc`, ["--project", `${root}tsconfig.build.json`], { stdio: "inherit" });
