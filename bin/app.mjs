/**
 * Starts the CDK app in cdk/app.ts, or prints which Node.js it needs. Everything in this project calls this file. For
 * people, bin/app.ts is a link to it: an older Node.js cannot load a file whose name ends with .ts, but it follows a link
 * before it looks at the name. A checkout without symbolic links lacks nothing but the second name.
 */
if (process.features.typescript) {
  await import("./cdk/app.ts");
} else {
  console.error(
    `The CDK app needs Node.js 22.18 or newer, and this is ${process.version}. Run "npx cdk deploy", which uses the Node.js 24 that "npm ci" installed, or "node_modules/.bin/node bin/app.mjs".`,
  );
  process.exitCode = 1;
}
