import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plainScreen } from "../../bin/cli/screen.ts";
import { readOptions } from "../../bin/start/options.ts";
import { outputOf, sampleNote } from "../../bin/start/picture.ts";
import { deviations, refusals } from "../kit/json-schemas.ts";

const run = promisify(execFile);
const start = resolve("bin/start.ts");
let folder = "";
let stdout = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "npm-start-"));
  ({ stdout } = await run(process.execPath, [start, "--runs", "2", "--calls"], { cwd: folder }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const written = async (name: string) => JSON.parse(await readFile(join(folder, "out", name), "utf8"));

test("fires the schedule --runs times and writes the findings, the report and the summary of each run", async () => {
  const summary = await written("summary.json");
  expect(deviations("summary", summary)).toEqual([]);
  const { runs, newNode } = summary;
  expect(newNode.instanceId).toMatch(/^i-/);
  // The delay of the queue plus at most half a minute until the next poll.
  for (const seconds of [newNode.secondsToFindings, newNode.archivedAfterSeconds]) {
    expect(seconds).toBeGreaterThanOrEqual(300);
    expect(seconds).toBeLessThan(600);
  }
  expect(runs).toHaveLength(2);
  for (const { clusters, nodes, findings, calls, seconds } of runs) {
    expect(clusters).toBeGreaterThanOrEqual(2);
    expect(nodes.total).toBeGreaterThanOrEqual(14);
    const unread = Object.values<number>(nodes.notAuditable).reduce((sum, count) => sum + count, 0);
    expect(nodes.audited + unread).toBe(nodes.total);
    expect(findings.failed).toBeGreaterThan(0);
    expect(calls["ssm:SendCommand"]).toBeGreaterThan(0);
    // The list of invocations contains complete evidence. Only cut or damaged evidence needs another request.
    expect(calls["ssm:GetCommandInvocation"]).toBeLessThan(nodes.audited / 3);
    expect(seconds).toBeGreaterThan(0);
  }
  expect(await readFile(join(folder, "out/report.html"), "utf8")).toContain("i-0b23c45d67e89f012");
  const ids = (await written("findings.json")).map(({ Id }: { Id: string }) => Id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(runs[1].imported).toBe(0);
  expect(ids).toContain("eks-kubelet-auditor/client-ca-file/111122223333/us-east-1/prod-apps/i-0b23c45d67e89f012");
});

test("the schema of summary.json refuses a run without its counts", async () => {
  const summary = await written("summary.json");
  expect(refusals("summary", { ...summary, runs: [{ ...summary.runs[0], nodes: undefined }] })).not.toEqual([]);
});

test("prints at its end nodes, coverage, failures, the written files and the next steps", () => {
  const last = stdout.trimEnd().split("\n").slice(-6);
  expect(last.map((line) => line.slice(0, 10).trim())).toEqual([
    "Nodes",
    "Sample",
    "Coverage",
    "Failures",
    "Look",
    "Next",
  ]);
  expect(last[0]).toMatch(/\d+ nodes in \d clusters: \d+ failing, \d+ compliant, \d+ unreadable\.$/);
});

test("says beside the counts, on the screen and in the report, that the sample nodes have planted faults", async () => {
  expect(stdout).toContain(`Sample    ${sampleNote}`);
  expect(await readFile(join(folder, "out/report.html"), "utf8")).toContain(
    `<p class="about">${sampleNote}</p>\n<ul id="figures"></ul>`,
  );
});

test("names the kind of a node group that has no name", () => {
  expect(stdout).toContain("in batch-legacy / self-managed");
  expect(stdout).not.toContain("undefined");
});

test("lists calls only with --calls, and prints only the summaries with --json", async () => {
  expect(stdout).toContain("ssm:SendCommand");
  const story = await written("summary.json");
  const output = async (...args: string[]) =>
    outputOf(await written("findings.json"), story, readOptions(args), plainScreen);
  expect(await output("--runs=2")).not.toContain("ssm:SendCommand");
  expect(JSON.parse(await output("--json"))).toEqual(story);
});

test("publishes the finding that the README shows", async () => {
  const [, json = ""] = /```json\n(.*?)```/s.exec(await readFile("README.md", "utf8")) ?? [];
  const shown = JSON.parse(json);
  const finding = (await written("findings.json")).find(({ Id }: { Id: string }) => Id === shown.Id);
  // The README shortens texts with an ellipsis.
  const kept = (text: string) => text.replace(/ ?…$/, "");
  expect(finding.Description).toContain(kept(shown.Description));
  expect(finding.Compliance.Status).toBe(shown.Compliance.Status);
  expect(finding.Compliance.RelatedRequirements).toContain(shown.Compliance.RelatedRequirements[0]);
  expect(finding.Remediation.Recommendation.Text).toContain(kept(shown.Remediation.Recommendation.Text));
});

test.each(["-1", "two", "1e3", ""])("--runs=%s is rejected", (runs) => {
  expect(() => readOptions([`--runs=${runs}`])).toThrow("Use a whole number from 1 to 9999");
});

test("--runs=0 ends with exit code 2 and an error message", async () => {
  const failed = await run(process.execPath, [start, "--runs=0"], { cwd: folder }).catch((error) => error);
  expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining("Use a whole number from 1 to 9999") });
});
