#!/usr/bin/env node
/**
 * Entry point of the package's command line, beside the bundle of audit.ts. Node.js before 22.12 cannot load the
 * bundle, so this file prints the required version.
 */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 12)) {
  await import("./audit.mjs");
} else {
  console.error(`error: eks-kubelet-auditor needs Node.js 22.12 or newer, but this is ${process.version}.`);
  process.exitCode = 2;
}
