import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Permission } from "../../local-aws/holdings.ts";
import { sampleFleet } from "../../local-aws/sample-fleet.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";

const run = promisify(execFile);
let aws: LocalAws;

beforeAll(async () => {
  const fleet = sampleFleet();
  const enough = ["i-0b23c45d67e89f012", "i-0a3b4c5d6e7f8091a"];
  const nodes = fleet.nodes.filter(({ id }) => enough.includes(id));
  aws = await startLocalAws({ fleet: { ...fleet, nodes }, rates: unthrottled });
  aws.deploy(await cdkOutOf("sample"));
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.faults.length = 0;
});

/** Runs the script as a process, with these changes to the environment. */
async function verify(words: string[] = [], environment: Record<string, string> = {}) {
  const env = { PATH: process.env.PATH, ...aws.environment(), ...environment };
  const command = [resolve("bin/verify-deployment.ts"), ...words];
  const { stdout, stderr, code } = await run(process.execPath, command, { env }).then(
    (ended) => ({ ...ended, code: 0 }),
    (ended: { stdout: string; stderr: string; code: number }) => ended,
  );
  const checks = [...stdout.matchAll(/^(ok|FAILED|skipped) +([^:]+): (.*)$/gm)].map(([, state, name, seen]) => ({
    state,
    name,
    seen,
  }));
  return { stdout, stderr, code, checks, of: (wanted: string) => checks.find(({ name }) => name === wanted) };
}

const names = [
  "credentials",
  "stack",
  "function",
  "document",
  "schedule",
  "permissions",
  "Security Hub CSPM",
  "one run",
  "ledger",
  "findings",
];

test("passes every check of a working deployment, and runs the auditor once", async () => {
  const { checks, code, of, stderr } = await verify();
  expect(stderr).toBe("");
  expect(checks.map(({ state, name }) => `${state} ${name}`)).toEqual(names.map((name) => `ok ${name}`));
  expect(code).toBe(0);
  expect(of("document")?.seen).toMatch(/^version 1 of .* of this release$/);
  expect(of("permissions")?.seen).toMatch(/passes \d+ simulated requests/);
  expect(of("one run")?.seen).toMatch(/^2 clusters, 2 nodes, 2 audited, 0 starting: 32 passed/);
});

test("skips the run of the auditor with --no-run", async () => {
  const before = aws.calls()["lambda:Invoke"];
  const { checks, code } = await verify(["--no-run"]);
  expect(checks.map(({ name }) => name)).toEqual(names.filter((name) => name !== "one run"));
  expect(aws.calls()["lambda:Invoke"]).toBe(before);
  expect(code).toBe(0);
});

describe("reports the failed check when", () => {
  test("the stack does not exist", async () => {
    const { code, checks } = await verify(["--stack", "Missing", "--no-run"]);
    expect(checks.at(-1)).toEqual({ state: "FAILED", name: "stack", seen: "Stack with id Missing does not exist" });
    expect(code).toBe(1);
  });

  test("Security Hub is switched off", async () => {
    const since = aws.fleet.securityHubSince;
    aws.fleet.securityHubSince = undefined;
    const { code, of } = await verify(["--no-run"]);
    aws.fleet.securityHubSince = since;
    expect(of("Security Hub CSPM")).toMatchObject({ state: "FAILED", seen: expect.stringContaining("not subscribed") });
    expect(code).toBe(1);
  });

  test("the content of the document was changed", async () => {
    const [document = expect.fail()] = aws.fleet.documents.values();
    const versions = document.versions;
    document.versions = versions.map((version) => ({ ...version, content: "{}" }));
    const { of } = await verify(["--no-run"]);
    document.versions = versions;
    expect(of("document")).toMatchObject({
      state: "FAILED",
      seen: expect.stringContaining("No version of the SSM document"),
    });
  });

  test("the role lacks a permission", async () => {
    const permissions = (aws.roles()[0]?.permissions ?? expect.fail()) as Permission[];
    const found = permissions.findIndex(({ action }) => action === "ssm:ListCommands");
    const [removed = expect.fail()] = permissions.splice(found, 1);
    const { of } = await verify(["--no-run"]);
    permissions.splice(found, 0, removed);
    expect(of("permissions")).toMatchObject({
      state: "FAILED",
      seen: expect.stringContaining("ssm:ListCommands on * is implicitDeny but has to be allowed"),
    });
  });

  test("the run fails", async () => {
    aws.faults.push({ operation: "eks:ListClusters", times: 20, error: { code: "InvalidParameterException" } });
    const { of, code } = await verify();
    expect(of("one run")).toMatchObject({ state: "FAILED", seen: expect.stringContaining("The run failed") });
    expect(code).toBe(1);
  });
});

test("skips checks for which the caller lacks permissions, and makes the others", async () => {
  const actions = ["cloudformation:*", "lambda:*", "scheduler:*", "ssm:*", "securityhub:*", "s3:*"];
  const { accessKeyId } = aws.addCaller({ Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] });
  const { of, code } = await verify(["--no-run"], { AWS_ACCESS_KEY_ID: accessKeyId });
  expect(of("permissions")).toMatchObject({
    state: "skipped",
    seen: expect.stringContaining("do not allow this check"),
  });
  expect(of("findings")?.state).toBe("ok");
  expect(code).toBe(0);
});

test("exits with 2 and an error message for an unknown option", async () => {
  const { code, stderr } = await verify(["--stak", "x"]);
  expect(code).toBe(2);
  expect(stderr).toContain("--stak");
});
