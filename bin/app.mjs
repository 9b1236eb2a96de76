/**
 * Starts the CDK app in cdk/app.ts, or says which Node.js it needs. bin/app.ts is a link to this file: an older Node.js
 * cannot load a file that ends with .ts, but it follows a link before it looks at the name.
 */
if (process.features.typescript) {
  await import("./cdk/app.ts");
} else {
  console.error(
    `The CDK app needs Node.js 22.18 or newer, and this is ${process.version}. Run "npx cdk deploy", which uses the Node.js 24 that "npm ci" installed, or "node_modules/.bin/node bin/app.ts".`,
  );
  process.exitCode = 1;
}
