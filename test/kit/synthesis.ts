/**
 * Runs in vitest's own process, once for all test files: synthesizes each stack when the first test asks for it, and
 * gives the run a folder for its temporary files.
 */
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { organizationSettings } from "../../local-aws/sample-organization.ts";
import { sampleSettings } from "../../local-aws/sample-region.ts";
import { synthesize } from "../../local-aws/synthesize.ts";

const settings = { sample: sampleSettings, organization: organizationSettings };

/** The name of a deployment that tests share. */
export type Deployment = keyof typeof settings;

declare module "vitest" {
  interface ProvidedContext {
    /** Address that returns the CDK output directory of a deployment: `GET /sample`. */
    synthesis: string;
  }
}

export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), "eks-kubelet-auditor-tests-"));
  // Some tests run a program as another user.
  await chmod(folder, 0o755);
  process.env.TMPDIR = folder;
  const outputs = new Map<string, Promise<string>>();
  const synthesizeOnce = (name: Deployment) => {
    const cdkOut = join(folder, "stacks", name);
    const output = outputs.get(name) ?? synthesize(cdkOut, settings[name]).then(() => cdkOut);
    outputs.set(name, output);
    return output;
  };
  const server = createServer((request, response) => {
    synthesizeOnce(request.url?.slice(1) as Deployment).then(
      (cdkOut) => response.end(cdkOut),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  project.provide("synthesis", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    server.close();
    await removeAllButTrees(folder);
  };
}

/**
 * Files that may exist after the last test. All tests share the output of `new App()`, the collector and synthesized
 * stacks. A failed test leaves the files of its nodes, which also stay after this process.
 */
const shared = /^(cdk\.out|eks-kubelet-auditor-collect-|stacks$|tree-)/;

/** Removes the folder, except the files of nodes. The test run fails if a test has left other files. */
async function removeAllButTrees(folder: string): Promise<void> {
  const names = await readdir(folder);
  const left = names.filter((name) => !shared.test(name));
  if (left.length > 0) {
    console.error(`Tests have not deleted their temporary files ${left.join(", ")}.`);
    process.exitCode = 1;
  }
  const trees = names.filter((name) => name.startsWith("tree-"));
  const others = names.filter((name) => !trees.includes(name)).map((name) => join(folder, name));
  const removed = trees.length > 0 ? others : [folder];
  await Promise.all(removed.map((path) => rm(path, { recursive: true, force: true })));
}
