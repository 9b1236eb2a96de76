import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { CreateDocumentCommand } from "@aws-sdk/client-ssm";
import { afterAll, describe, expect, test } from "vitest";
import { documentTag } from "../../lambda/collect/document-tag.ts";
import { collectContent } from "../../lib/collect-content.ts";
import type { LocalAws } from "../../local-aws/server.ts";
import { id } from "../kit/nodes.ts";
import { usualRules as rules } from "../kit/usual-rules.ts";
import { clients } from "../local-aws/clients.ts";
import { audit, badNode, cluster, node, region, startAtTerminal, startAudit, startAws } from "./stage.ts";

const folder = mkdtempSync(join(tmpdir(), "audit-run-"));
const started: LocalAws[] = [];
afterAll(async () => {
  await Promise.all(started.map((aws) => aws.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(...args: Parameters<typeof startAws>): Promise<LocalAws> {
  const aws = await startAws(...args);
  started.push(aws);
  return aws;
}

const denied = { code: "AccessDeniedException", message: "is not authorized on resource: arn:aws:x", status: 400 };

/** Creates an SSM document with the tag of a deployed auditor. */
async function deployDocument(aws: LocalAws, Name: string, content: object): Promise<void> {
  const { key: Key, value: Value } = documentTag;
  const Content = JSON.stringify(content);
  const Tags = [{ Key, Value }];
  await clients(aws).ssm.send(new CreateDocumentCommand({ Name, Content, DocumentType: "Command", Tags }));
  aws.resetCalls();
}

describe.concurrent("without a deployment", () => {
  test("a run prints its output if the file of --out cannot be written at the end", async () => {
    const aws = await start([node(1)]);
    const { out, err, code } = await audit(["run", "--output", "csv", "--out", "/dev/full"], aws.environment());
    expect({ out, code }).toEqual({ out: expect.stringMatching(/^status,severity,rule,.*client-ca-file/s), code: 2 });
    expect(err).toContain("--out: /dev/full cannot be written: ENOSPC");
  });

  test("a run uses a temporary document and deletes it, publishes nothing, and exits with 0 for compliant nodes", async () => {
    const aws = await start([node(1), node(2)]);
    const { out, err, code } = await audit(["run", "--output", "json"], aws.environment());
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(JSON.parse(out)).toMatchObject({ regions: [{ region, nodes: { total: 2, audited: 2 } }], trouble: [] });
    expect(aws.calls()).toMatchObject({ "ssm:CreateDocument": 1, "ssm:SendCommand": 1, "ssm:DeleteDocument": 1 });
    expect(aws.calls()).not.toHaveProperty("securityhub:BatchImportFindings");
    expect([...aws.home.documents.keys()]).toEqual([]);
  });

  test("--publish imports the written findings, and a log contains one line per step", async () => {
    const aws = await start([badNode(1)]);
    const out = join(folder, "findings.json");
    const ran = await audit(["run", "--publish", "--output", "asff", "--out", out], aws.environment());
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(
      /^us-east-1: listing clusters and nodes\nus-east-1: querying 1 node\n.*publishing \d+ findings\nWrote \S+findings\.json\.\nus-east-1: 1 cluster, 1 node: 1 audited\. \d+ verdicts failed\.\n$/s,
    );
    expect(ran.err).toContain(`publishing ${rules.length} findings`);
    const written: { Id: string; Compliance: object }[] = JSON.parse(await readFile(out, "utf8"));
    const held = aws.findings().map(({ Id, Compliance }) => [Id, Compliance?.Status]);
    expect(held).toHaveLength(rules.length);
    expect(new Set(held.map(([Id]) => Id))).toEqual(new Set(written.map(({ Id }) => Id)));
    expect(held).toContainEqual([`eks-kubelet-auditor/client-ca-file/111122223333/us-east-1/prod/${id(1)}`, "FAILED"]);
  });
});

describe.concurrent("with a deployment", () => {
  test("a run uses the deployed document, and refuses --publish because it lacks the deployed auditor's ledger", async () => {
    const aws = await start([node(1)]);
    await deployDocument(aws, "EksKubeletAuditor-Collect", collectContent());
    const { out, err, code } = await audit(["run", "--publish", "--output", "csv"], aws.environment());
    expect(code).toBe(2);
    expect(err).toContain("Nothing was published in us-east-1: an auditor is deployed there");
    expect(out.split("\n")).toHaveLength(rules.length + 2);
    expect(aws.calls()).not.toHaveProperty("ssm:CreateDocument");
    expect(aws.findings()).toEqual([]);
    expect([...aws.home.documents.keys()]).toEqual(["EksKubeletAuditor-Collect"]);
  });

  test("a run does not use a deployed document whose content was changed", async () => {
    const aws = await start([node(1)]);
    const [first, ...rest] = collectContent().mainSteps;
    const altered = { ...first, inputs: { timeoutSeconds: "30", runCommand: ["rm -rf /"] } };
    await deployDocument(aws, "EksKubeletAuditor-Altered", { ...collectContent(), mainSteps: [altered, ...rest] });
    expect((await audit(["run"], aws.environment())).code).toBe(0);
    expect(aws.calls()).toMatchObject({ "ssm:CreateDocument": 1, "ssm:DeleteDocument": 1 });
    const sent = [...aws.home.commands.values()].map(({ document }) => document.name);
    expect(sent).toEqual([expect.stringMatching(/^eks-kubelet-auditor-run-/)]);
  });
});

describe.concurrent("the temporary document is deleted, and the exit code is not 0,", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("after %s while the run waits for a node", async (signal, exitCode) => {
    const aws = await start([node(1, { behaviour: "hangs" })], [cluster("prod")], { timeoutSecond: 1000 });
    const { child, ended } = startAudit(["run"], aws.environment());
    await expect.poll(() => aws.calls()["ssm:ListCommands"]).toBeGreaterThan(0);
    expect(aws.home.documents.size).toBe(1);
    child.kill(signal);
    // The terminal and npm both send the signal of Ctrl-C, so the process receives it twice.
    child.kill(signal);
    expect(await ended).toMatchObject({
      code: exitCode,
      out: "",
      err: expect.stringContaining(`interrupted (${signal})`),
    });
    expect(aws.home.documents.size).toBe(0);
  });

  test("after Ctrl-C at a terminal that shows the progress of the run", async () => {
    const aws = await start([node(1), node(2, { behaviour: "hangs" })], [cluster("prod")], { timeoutSecond: 1000 });
    const { child, ended } = startAtTerminal(["run"], aws.environment());
    await expect.poll(() => aws.calls()["ssm:ListCommands"]).toBeGreaterThan(1);
    child.stdin.write("\u0003");
    const { out, code } = await ended;
    expect(code).toBe(130);
    expect(out).toMatch(/us-east-1: querying 2 nodes: [01] of 2 done [█░]{20}.*interrupted \(SIGINT\)/s);
    expect(aws.home.documents.size).toBe(0);
  });

  test("after an error of AWS", async () => {
    const aws = await start([node(1)]);
    aws.faults.push({ operation: "ssm:ListCommands", error: denied });
    const { code, err } = await audit(["run"], aws.environment());
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("ssm:ListCommands") });
    expect(aws.home.documents.size).toBe(0);
  });
});

describe.concurrent("the run exits with 2 and a message that contains the fix for", () => {
  const keys = { AWS_ACCESS_KEY_ID: "AKIALOCALAWS00000001", AWS_SECRET_ACCESS_KEY: "none" };
  const nowhere = { AWS_ENDPOINT_URL: "http://127.0.0.1:9", AWS_REGION: "us-east-1" };

  test.each<[string, string[], Record<string, string>, RegExp]>([
    ["no credentials", [], nowhere, /No valid AWS credentials found \(.+\)\. Sign in/],
    [
      "a missing profile",
      ["--profile", "prodd"],
      nowhere,
      /The profile "prodd" has no valid credentials \(.*\)\. List the profiles with: .*list-profiles/,
    ],
    ["no Region", [], { ...keys, AWS_ENDPOINT_URL: "http://127.0.0.1:9" }, /No Region is set\. Name one with --region/],
    [
      "an unknown rule",
      ["--rule", "client-ca"],
      nowhere,
      /Unknown rule "client-ca"\. Did you mean client-ca-file\? Run "eks-kubelet-auditor rules" for the list\./,
    ],
    ["an unknown format", ["--output", "xml"], nowhere, /Allowed choices are table, json/],
    ["a missing folder", ["--out", "/nowhere/x.json"], nowhere, /--out: \/nowhere\/x\.json cannot be written/],
    ["a folder instead of a file", ["--out", "docs"], nowhere, /--out: docs is a folder\. Name a file in it/],
    ["a file without exceptions", ["--exceptions", "package.json"], nowhere, /package\.json cannot be used/],
    [
      "a missing exceptions file",
      ["--exceptions", "none.yaml"],
      nowhere,
      /none\.yaml cannot be used:\n {2}There is no file "none\.yaml"/,
    ],
    ["an unreachable AWS", [], { ...keys, ...nowhere }, /AWS cannot be reached \(.*ECONNREFUSED.*\)\. Check the name/],
  ])("%s", async (_, args, environment, message) => {
    const { code, out, err } = await audit(["run", ...args], environment);
    expect({ code, out, err }).toEqual({ code: 2, out: "", err: expect.stringMatching(message) });
    expect(err).not.toMatch(/ {4}at /);
  });

  test("an unknown cluster, while the others are audited", async () => {
    const aws = await start([badNode(1)], [cluster("prod"), cluster("prod-eu")]);
    const args = ["run", "--cluster", "prod", "--cluster", "prdo-eu", "--output", "csv"];
    const { code, out, err } = await audit(args, aws.environment());
    expect({ code, err }).toEqual({ code: 2, err: 'error: Unknown cluster "prdo-eu". Did you mean prod-eu?\n' });
    expect(out).toContain("failed,HIGH,client-ca-file");
  });

  test("a pattern that matches no cluster", async () => {
    const aws = await start([node(1)]);
    const { code, err } = await audit(["run", "--cluster", "test-*", "--output", "csv"], aws.environment());
    expect({ code, err }).toEqual({ code: 2, err: 'error: Unknown cluster "test-*". EKS lists prod in us-east-1.\n' });
  });

  test("a Region that cannot be audited, while the others are audited", async () => {
    const aws = await start([node(1)]);
    aws.faults.push({ operation: "eks:ListClusters", region: "eu-west-1", error: denied });
    const args = ["run", "--region", region, "--region", "eu-west-1", "--output", "json"];
    const { code, out, err } = await audit(args, aws.environment());
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/^error: eu-west-1: Your credentials do not allow eks:ListClusters/),
    });
    expect(JSON.parse(out)).toMatchObject({ regions: [{ region }], trouble: [{ where: "eu-west-1" }] });
  });

  test("an account without a cluster", async () => {
    const aws = await start([], []);
    const { code, out, err } = await audit(["run"], aws.environment());
    expect({ code, out, err }).toEqual({
      code: 2,
      out: "",
      err: "error: Nothing to audit: EKS lists no cluster in us-east-1.\n",
    });
  });

  test("a call that IAM denies; the message names the missing permission", async () => {
    const aws = await start([node(1)]);
    const { accessKeyId } = aws.addCaller({ Statement: [] });
    const { code, err } = await audit(["run"], { ...aws.environment(), AWS_ACCESS_KEY_ID: accessKeyId });
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/Your credentials do not allow (eks|ec2|ssm):\w+ on .*docs\/cli\.md/),
    });
  });
});

test("the run exits with 0 for a cluster with only Fargate, whose result is notApplicable", async () => {
  const aws = await start([], [cluster("pods", { fargateProfiles: ["all"] })]);
  const { code, out, err } = await audit(["run", "--output", "csv"], aws.environment());
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^notApplicable,MEDIUM,node-auditable,,111122223333,us-east-1,pods,,cluster,.*FARGATE/m);
});

describe.concurrent("options", () => {
  test.each([80, 100, 120, 200])(
    "no row exceeds a terminal of %i columns, and severities have colours",
    async (columns) => {
      const { agent: _, ...unregistered } = node(3);
      const aws = await start([badNode(1), node(2), unregistered]);
      const { out } = await audit(["run", "--nodes"], { ...aws.environment(), TERM: "xterm" }, columns);
      const lines = stripVTControlCharacters(out).split("\n");
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
      expect(lines.join("\n")).toMatch(
        /^high +1 {2}The kubelet has no client CA.*\n +client-ca-file: "".*90-site\.conf$/m,
      );
      expect(lines.join("\n")).toMatch(/^unreadable +i-0+3 +/m);
      expect(out).toContain("\u001b[31mhigh");
    },
  );

  test("NO_COLOR removes the colours, and CI the progress", async () => {
    const aws = await start([badNode(1)]);
    const { out } = await startAtTerminal(["run"], { ...aws.environment(), TERM: "xterm", NO_COLOR: "1", CI: "true" })
      .ended;
    expect(out).toContain("high ");
    expect(out).not.toContain("\u001b[3");
    expect(out).not.toContain("listing clusters");
  });

  test("--rule judges only that rule, and --exceptions accepts its failure", async () => {
    const aws = await start([badNode(1)]);
    const exceptions = join(folder, "exceptions.yaml");
    const scope = `{ instance: ${id(1)} }`;
    writeFileSync(
      exceptions,
      `- { rule: client-ca-file, scope: ${scope}, reason: Being replaced, until: 2099-12-31 }\n`,
    );
    const args = ["run", "--rule", "client-ca-file", "--exceptions", exceptions, "--output", "json"];
    const { code, out } = await audit(args, aws.environment());
    expect(code).toBe(0);
    expect(JSON.parse(out).results).toMatchObject([
      { rule: "client-ca-file", status: "excepted", exceptedUntil: "2099-12-31" },
    ]);
  });

  test("--profile selects credentials and Region, and --fail-on failed ignores missing verdicts", async () => {
    const aws = await start([node(1), node(2, { behaviour: { prints: "Segmentation fault\n" } })]);
    const config = join(folder, "config");
    const { AWS_ENDPOINT_URL = "", AWS_ACCESS_KEY_ID } = aws.environment();
    writeFileSync(
      config,
      `[profile prod]\nregion = ${region}\naws_access_key_id = ${AWS_ACCESS_KEY_ID}\naws_secret_access_key = none\n`,
    );
    const args = ["run", "--profile", "prod", "--rule", "client-ca-file", "--output", "csv"];
    const environment = {
      AWS_ENDPOINT_URL,
      AWS_CONFIG_FILE: config,
      AWS_ACCESS_KEY_ID: "AKIAOTHER",
      AWS_SECRET_ACCESS_KEY: "none",
    };
    const [strict, content] = await Promise.all([
      audit(args, environment),
      audit([...args, "--fail-on", "failed"], environment),
    ]);
    expect([strict.code, content.code, strict.err]).toEqual([2, 0, ""]);
    expect(strict.out).toContain("notAvailable,HIGH,client-ca-file");
  });

  test("a reader that closes the pipe early is not an error", async () => {
    const command = `${process.execPath} bin/audit.ts rules --json | true`;
    const { stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    expect(stderr).toBe("");
  });

  test("a full disk behind the standard output is an error, not a failed node", () => {
    const command = `${process.execPath} bin/audit.ts rules --json > /dev/full`;
    const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    expect([status, stderr]).toEqual([
      2,
      "error: Standard output cannot be written: ENOSPC: no space left on device, write. Check the file or device it goes to.\n",
    ]);
  });

  test("eks-kubelet-auditor --help fits a screen of 24 lines", async () => {
    const { out, code } = await audit(["--help"], {});
    expect(code).toBe(0);
    expect(out.trimEnd().split("\n").length).toBeLessThanOrEqual(24);
    expect(out).toContain("Examples:");
  });
});
