import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "cdk-versions-"));
afterAll(() => rmSync(folder, { recursive: true }));

const { devDependencies, peerDependencies } = packageJson;
type Alias = keyof typeof devDependencies;

/** The version that a development dependency installs, also under another name. */
const versionOf = (name: Alias) => devDependencies[name].replace(/^npm:.*@/, "");

/** Prints the template that the app in cdk-versions.ts synthesizes when these packages replace those of the same name. */
async function templateWith(replacements: Record<string, Alias>) {
  const hook = `import { registerHooks } from "node:module";
    const replacements = ${JSON.stringify(replacements)};
    registerHooks({
      resolve: (name, context, next) =>
        next(name.replace(/^(aws-cdk-lib|constructs)(?=$|[/])/, (each) => replacements[each] ?? each), context),
    });`;
  const app = fileURLToPath(new URL("cdk-versions.ts", import.meta.url));
  const args = ["--import", `data:text/javascript,${encodeURIComponent(hook)}`, app];
  const env = { ...process.env, CDK_OUTDIR: join(folder, Object.values(replacements).join("-") || "usual") };
  const { stdout } = await run(process.execPath, args, { env, maxBuffer: 10 ** 7 });
  return JSON.parse(stdout);
}

test("the range of the peer dependencies starts at the oldest CDK and the oldest constructs of these tests", () => {
  expect(peerDependencies["aws-cdk-lib"]).toBe(`^${versionOf("aws-cdk-lib-oldest")}`);
  expect(peerDependencies.constructs).toBe(`^${versionOf("constructs-oldest")}`);
});

test.each<[string, Record<string, Alias>]>([
  ["the oldest CDK", { "aws-cdk-lib": "aws-cdk-lib-oldest", constructs: "constructs-oldest" }],
  ["a CDK that rejects cdk-nag's ids with two ::", { "aws-cdk-lib": "aws-cdk-lib-strict-ids" }],
])("the construct has the same template with %s as with the newest", async (_, replacements) => {
  const [other, newest] = await Promise.all([templateWith(replacements), templateWith({})]);
  expect(other).toEqual(newest);
});
