/**
 * Bundles the code of the functions with esbuild. `node lib/bundle.ts function|planner DIRECTORY` does the same from
 * the command line. function-code.ts runs this command, because the AWS CDK synthesizes synchronously and esbuild runs
 * plugins only asynchronously.
 */
import { cpSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";

/**
 * Credential providers that the bundle omits. Lambda passes credentials in environment variables, and one of these
 * providers starts processes.
 */
const otherCredentials = [
  "@aws-sdk/credential-provider-http",
  "@aws-sdk/credential-provider-ini",
  "@aws-sdk/credential-provider-process",
  "@aws-sdk/credential-provider-sso",
  "@aws-sdk/credential-provider-web-identity",
  "@smithy/credential-provider-imds",
];

/**
 * Writes the keys of the SDK's schemas as literals: `{ [_e]: "client" }` becomes `{ ["error"]: "client" }`. A key that
 * is a variable could have side effects when it becomes text. esbuild therefore keeps all schemas of a client with such
 * keys, although the function needs the schemas of its own calls only.
 */
export const literalKeys: Plugin = {
  name: "literal-keys",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]@aws-sdk[\\/].*[\\/]schemas_\d+\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const texts = new Map(source.matchAll(/^const (\w+) = (".*");$/gm).map(([, name, text]) => [name, text]));
      return {
        contents: source.replaceAll(/\[(\w+)\]:/g, (key, name) => (texts.has(name) ? `[${texts.get(name)}]:` : key)),
      };
    });
  },
};

/**
 * Bundles ES modules with everything that they import. The SDK is included because the one in Lambda's runtime can be
 * older than the operations that the function calls.
 */
export const bundling = {
  absWorkingDir: path(".."),
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  minify: true,
  external: otherCredentials,
  plugins: [literalKeys],
  // Several packages are CommonJS and call `require`, which an ES module does not have.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
  metafile: true,
} satisfies BuildOptions;

/** The auditing function: the handler, and the worker thread that judges nodes. */
export const functionEntries = {
  index: path("../lambda/index.ts"),
  "judge-worker": path("../lambda/judge/worker.ts"),
};

/** The hub's planning function. */
export const plannerEntries = { planner: path("../lambda/planner.ts") };

/** Writes the auditing function's bundle, and the folder `page` with the report's page, which the function reads. */
export function writeFunction(outdir: string) {
  cpSync(path("../lambda/report/page"), `${outdir}/page`, { recursive: true });
  return build({ ...bundling, entryPoints: functionEntries, outdir });
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

if (import.meta.main) {
  const [which, outdir = ""] = process.argv.slice(2);
  if (which === "function") await writeFunction(outdir);
  else await build({ ...bundling, entryPoints: plannerEntries, outdir });
}
