import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { verifyDeployment, type Wish } from "../../bin/verify/deployment.ts";
import type { Permission } from "../../local-aws/holdings.ts";
import { sampleRegion } from "../../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { withEnvironment } from "../kit/environments.ts";
import { printing } from "../lambda/stock-evidence.ts";

const run = promisify(execFile);
let aws: LocalAws;

beforeAll(async () => {
  const home = await printing(sampleRegion());
  const enough = ["i-0b23c45d67e89f012", "i-0a3b4c5d6e7f8091a"];
  const nodes = home.nodes.filter(({ id }) => enough.includes(id));
  aws = await startLocalAws({ home: { ...home, nodes }, pace: { consistency: 0 }, rates: unthrottled });
  aws.deploy(await cdkOutOf("sample"));
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.faults.length = 0;
});

/** Runs the checks in this process, with these changes to the environment. */
function verify(wish: Partial<Wish> = {}, environment: Record<string, string> = {}) {
  return withEnvironment({ ...aws.environment(), ...environment }, async () => {
    const checks = await verifyDeployment({ stack: "EksKubeletAuditor", invoke: false, ...wish }, () => {});
    return { checks, of: (wanted: string) => checks.find(({ name }) => name === wanted) };
  });
}

/** Runs the script as a process. */
async function started(...words: string[]) {
  const env = { PATH: process.env.PATH, ...aws.environment() };
  const command = [resolve("bin/verify-deployment.ts"), ...words];
  return await run(process.execPath, command, { env }).then(
    (ended) => ({ ...ended, code: 0 }),
    (ended: { stdout: string; stderr: string; code: number }) => ended,
  );
}

const names = [
  "credentials",
  "stack",
  "function",
  "document",
  "schedule",
  "events",
  "permissions",
  "Security Hub CSPM",
  "one run",
  "ledger",
  "findings",
];

test("passes every check of a working deployment, and runs the auditor once", async () => {
  const { checks, of } = await verify({ invoke: true });
  expect(checks.map(({ state, name }) => `${state} ${name}`)).toEqual(names.map((name) => `ok ${name}`));
  expect(of("document")?.seen).toMatch(/^version 1 of .* of this release$/);
  expect(of("permissions")?.seen).toMatch(/passes \d+ simulated requests/);
  expect(of("one run")?.seen).toMatch(/^2 clusters, 2 nodes, 2 audited, 0 starting: 32 passed/);
});

test("with --no-run the command prints all other checks, does not run the auditor and exits with 0", async () => {
  const before = aws.calls()["lambda:Invoke"];
  const { stdout, stderr, code } = await started("--no-run");
  const printed = [...stdout.matchAll(/^ok +([^:]+): ./gm)].map(([, name]) => name);
  expect(printed).toEqual(names.filter((name) => name !== "one run"));
  expect(stdout).toMatch(/^10 ok, 0 failed, 0 skipped\.$/m);
  expect(aws.calls()["lambda:Invoke"]).toBe(before);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

describe("reports the failed check when", () => {
  test("the stack does not exist", async () => {
    const { code, stdout } = await started("--stack", "Missing", "--no-run");
    expect(stdout).toMatch(/^FAILED +stack: Stack with id Missing does not exist$/m);
    expect(code).toBe(1);
  });

  test("Security Hub is switched off", async () => {
    const since = aws.home.securityHubSince;
    aws.home.securityHubSince = undefined;
    const { of } = await verify();
    aws.home.securityHubSince = since;
    expect(of("Security Hub CSPM")).toMatchObject({ state: "failed", seen: expect.stringContaining("not subscribed") });
  });

  test("the content of the document was changed", async () => {
    const [document = expect.fail()] = aws.home.documents.values();
    const versions = document.versions;
    document.versions = versions.map((version) => ({ ...version, content: "{}" }));
    const { of } = await verify();
    document.versions = versions;
    expect(of("document")).toMatchObject({
      state: "failed",
      seen: expect.stringContaining("No version of the SSM document"),
    });
  });

  test("the mapping of the events' queue is disabled", async () => {
    const [mapping = expect.fail()] = [...aws.home.functions.values()].flatMap((each) => each.eventSourceMappings);
    mapping.State = "Disabled";
    const { of } = await verify();
    mapping.State = "Enabled";
    expect(of("events")).toMatchObject({ state: "failed", seen: expect.stringContaining("is Disabled. Enable it") });
  });

  test("the role lacks a permission", async () => {
    const permissions = (aws.roles()[0]?.permissions ?? expect.fail()) as Permission[];
    const found = permissions.findIndex(({ action }) => action === "ssm:ListCommands");
    const [removed = expect.fail()] = permissions.splice(found, 1);
    const { of } = await verify();
    permissions.splice(found, 0, removed);
    expect(of("permissions")).toMatchObject({
      state: "failed",
      seen: expect.stringContaining("ssm:ListCommands on * is implicitDeny but has to be allowed"),
    });
  });

  test("the run fails", async () => {
    aws.faults.push({ operation: "eks:ListClusters", times: 20, error: { code: "InvalidParameterException" } });
    const { of } = await verify({ invoke: true });
    expect(of("one run")).toMatchObject({ state: "failed", seen: expect.stringContaining("The run failed") });
  });
});

test("skips checks for which the caller lacks permissions, and makes the others", async () => {
  const actions = ["cloudformation:*", "lambda:*", "scheduler:*", "ssm:*", "securityhub:*", "s3:*"];
  const { accessKeyId } = aws.addCaller({ Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] });
  const { of } = await verify({}, { AWS_ACCESS_KEY_ID: accessKeyId });
  expect(of("permissions")).toMatchObject({
    state: "skipped",
    seen: expect.stringContaining("do not allow this check"),
  });
  expect(of("findings")?.state).toBe("ok");
});

test("exits with 2 and an error message for an unknown option", async () => {
  const { code, stderr } = await started("--stak", "x");
  expect(code).toBe(2);
  expect(stderr).toContain("--stak");
  expect(stderr).toContain("npm run verify-deployment -- --help");
});

test("completes its checks and keeps its exit code when a reader closes the pipe after the first line", async () => {
  const env = { PATH: process.env.PATH, ...aws.environment() };
  const child = spawn(process.execPath, [resolve("bin/verify-deployment.ts"), "--no-run"], { env, stdio: "pipe" });
  child.stdout.once("data", () => child.stdout.destroy());
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
  expect({ err, code }).toEqual({ err: "", code: (await started("--no-run")).code });
});
