/**
 * Starts the CDK app in cdk/app.ts, or prints which Node.js it needs. bin/app.ts is a symbolic link to this file: an
 * older Node.js cannot load a file whose name ends with .ts, but it resolves a link before it checks the name. This
 * project calls only bin/app.mjs, so a checkout without symbolic links also works.
 */
if (process.features.typescript) {
  await import("./cdk/app.ts");
} else {
  console.error(
    `The CDK app needs Node.js 22.18 or newer, but this is ${process.version}. Run "npx cdk deploy", which uses the Node.js 24 that "npm ci" installed, or "node_modules/.bin/node bin/app.mjs".`,
  );
  process.exitCode = 1;
}
