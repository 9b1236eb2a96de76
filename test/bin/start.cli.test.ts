import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const start = resolve("bin/start.ts");
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "npm-start-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("fires the schedule as often as asked and writes what Security Hub holds and what was done", async () => {
  const { stdout } = await run(process.execPath, [start, "--runs", "2", "--json"], { cwd: folder });
  const { runs } = JSON.parse(stdout);
  expect(runs).toHaveLength(2);
  for (const { clusters, nodes, findings, calls, seconds } of runs) {
    expect(clusters).toBeGreaterThanOrEqual(2);
    expect(nodes.total).toBeGreaterThanOrEqual(14);
    const unread = Object.values<number>(nodes.notAuditable).reduce((sum, count) => sum + count, 0);
    expect(nodes.audited + unread).toBe(nodes.total);
    expect(findings.failed).toBeGreaterThan(0);
    expect(calls["ssm:SendCommand"]).toBeGreaterThan(0);
    // Whole evidence arrives with the list of invocations; only cut or damaged evidence is fetched by itself.
    expect(calls["ssm:GetCommandInvocation"]).toBeLessThan(nodes.audited / 3);
    expect(seconds).toBeGreaterThan(0);
  }
  expect(JSON.parse(await readFile(join(folder, "out/summary.json"), "utf8"))).toEqual({ runs });
  expect(await readFile(join(folder, "out/report.html"), "utf8")).toContain("i-0b23c45d67e89f012");
  const findings = JSON.parse(await readFile(join(folder, "out/findings.json"), "utf8"));
  const ids = findings.map(({ Id }: { Id: string }) => Id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(runs[1].imported).toBe(0);
  expect(ids).toContain("eks-kubelet-auditor/client-ca-file/111122223333/us-east-1/prod-apps/i-0b23c45d67e89f012");
});

test("ends with nodes, coverage, failures, where to look and what to do next, and lists calls only when asked", async () => {
  const [short, long] = await Promise.all(
    [[], ["--calls"]].map((args) => run(process.execPath, [start, ...args], { cwd: folder })),
  );
  const last = short?.stdout.trimEnd().split("\n").slice(-5) ?? [];
  expect(last.map((line) => line.slice(0, 10).trim())).toEqual(["Nodes", "Coverage", "Failures", "Look", "Next"]);
  expect(last[0]).toMatch(/\d+ nodes in \d clusters: \d+ failing, \d+ compliant, \d+ unreadable\.$/);
  expect(short?.stdout).not.toContain("ssm:SendCommand");
  expect(long?.stdout).toContain("ssm:SendCommand");
});

test("prints what the README shows of it", async () => {
  const { stdout } = await run(process.execPath, [start], { cwd: folder });
  const readme = await readFile("README.md", "utf8");
  const [, excerpt = ""] = /From its output:\n\n```\n(.*?)```/s.exec(readme) ?? [];
  // Lines that begin with blanks go on with the row above: a pipe's table is as wide as it needs to be.
  const rows = excerpt.split(/\n+(?=\S)/).map(oneLine);
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.filter((row) => !oneLine(stdout).includes(row))).toEqual([]);
});

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}

test.each(["0", "-1", "two", "1e3", ""])("--runs=%s is refused with exit code 2 and a sentence", async (runs) => {
  const failed = await run(process.execPath, [start, `--runs=${runs}`], { cwd: folder }).catch((error) => error);
  expect(failed.code).toBe(2);
  expect(failed.stderr).toContain("--runs takes a whole number");
});
