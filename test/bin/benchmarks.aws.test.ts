import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LocalAws } from "../../local-aws/server.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { stockEvidence } from "../lambda/stock-evidence.ts";
import { audit, badNode, node, startAws } from "./stage.ts";

simulateTime();

const folder = mkdtempSync(join(tmpdir(), "benchmarks-"));
const evidence = join(folder, "node.txt");

let aws: LocalAws;
beforeAll(async () => {
  writeFileSync(evidence, await stockEvidence("al2023"));
  aws = await startAws([node(1), badNode(2)]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await aws.close();
});

const all = ["cis-eks", "cis-kubernetes", "stig"].flatMap((name) => ["--benchmark", name]);
const run = (...args: string[]) => audit(["run", ...args], aws.environment());
const rulesIn = (out: string): string[] => [
  ...new Set<string>(JSON.parse(out).results.map(({ rule }: { rule: string }) => rule)),
];

describe("eks-kubelet-auditor run --benchmark", () => {
  test.each([
    ["judges the rules of cis-eks by default", [], ["kubeconfig-mode", "event-qps"], ["static-pods", "pod-pids-limit"]],
    [
      "judges the rules of cis-kubernetes",
      ["--benchmark", "cis-kubernetes"],
      ["pod-pids-limit", "event-qps"],
      ["static-pods"],
    ],
    [
      "judges the rules of stig",
      ["--benchmark", "stig"],
      ["static-pods", "tls-min-version"],
      ["event-qps", "pod-pids-limit"],
    ],
    ["judges the rules of all benchmarks", all, ["static-pods", "pod-pids-limit", "event-qps"], []],
  ])("%s", async (_, options, on, off) => {
    const judged = rulesIn((await run(...options, "--output", "json")).out);
    expect(judged).toEqual(expect.arrayContaining([...on, "client-ca-trust", "node-auditable"]));
    for (const rule of off) expect(judged).not.toContain(rule);
  });

  test.each([
    ["table", /CIS 3\.2\.4, CIS K8s 4\.2\.4, V-242387, in prod/],
    [
      "csv",
      /read-only-port,CIS Amazon EKS Benchmark v1\.8\.0\/3\.2\.4; CIS Kubernetes Benchmark v2\.0\.1\/4\.2\.4; DISA Kubernetes STIG V2R6\/V-242387; DISA Kubernetes STIG V2R6\/CNTR-K8-000330,/,
    ],
    [
      "json",
      /"requirement": "CIS Amazon EKS Benchmark v1\.8\.0\/3\.2\.4; CIS Kubernetes Benchmark v2\.0\.1\/4\.2\.4; DISA /,
    ],
    [
      "junit",
      /<system-out>CIS Amazon EKS Benchmark v1\.8\.0\/3\.2\.4\nCIS Kub.*\nDISA Kubernetes STIG V2R6\/V-242387\n/,
    ],
    ["sarif", /CIS Kubernetes Benchmark v2\.0\.1\/4\.2\.4\\n\\nDISA Kubernetes STIG V2R6\/V-242387/],
    [
      "ocsf",
      /"control":"3\.2\.4","standards":\["CIS Amazon EKS Benchmark v1\.8\.0","CIS Kubernetes Benchmark v2\.0\.1","DISA Kubernetes STIG V2R6"\]/,
    ],
    ["asff", /"CIS Kubernetes Benchmark v2\.0\.1\/4\.2\.4",\s+"DISA Kubernetes STIG V2R6\/V-242387"/],
    [
      "html",
      /"number":"3\.2\.4","requirements":\["CIS Amazon EKS Benchmark v1\.8\.0\/3\.2\.4","CIS Kubernetes Benchmark v2\.0\.1\/4\.2\.4","DISA Kubernetes STIG V2R6\/V-242387"/,
    ],
  ])("--output %s contains only the numbers of the picked benchmarks", async (format, numbers) => {
    const { out } = await run(...all, "--rule", "read-only-port", "--output", format);
    expect(out).toMatch(numbers);
    const alone = await run("--benchmark", "stig", "--rule", "read-only-port", "--output", format);
    expect(alone.out).toContain("V-242387");
    expect(alone.out).not.toMatch(/3\.2\.4|4\.2\.4/);
  });
});

test.each([
  [
    "table",
    /^high +1 {2}The node breaks only the text of V-242392\n.*\n.*\n +Fix: Follow the text of V-242392, or add/m,
  ],
  ["html", /"failureTitle":"The node breaks only the text of V-242392","fixTitle":"Follow the text of V-242392, or/],
])(
  "with --stig-by-letter, %s has a separate title for nodes that break only the text of the STIG",
  async (format, title) => {
    const { out } = await run(
      "--benchmark",
      "stig",
      "--stig-by-letter",
      "--rule",
      "authorization-mode",
      "--output",
      format,
    );
    expect(out).toMatch(title);
  },
);

test.each([
  ["4.1.5", "CIS Kubernetes Benchmark v2.0.1/4.1.5"],
  ["V-242397", "DISA Kubernetes STIG V2R6/V-242397"],
  ["3.1.1", "CIS Amazon EKS Benchmark v1.8.0/3.1.1"],
])("run --rule %s judges by the benchmark that contains this number", async (number, requirement) => {
  const { out } = await audit(["run", "--rule", number, "--output", "json"], aws.environment());
  const requirements = JSON.parse(out).results.map((each: { requirement: string }) => each.requirement);
  expect(new Set(requirements.filter((each: string) => each.startsWith(requirement)))).toHaveProperty("size", 1);
});

describe("eks-kubelet-auditor check --benchmark", () => {
  const check = (...args: string[]) => audit(["check", evidence, "--kubernetes-version", "1.34", ...args]);

  test("shows the numbers of the picked benchmarks", async () => {
    expect((await check(...all)).out).toMatch(
      /^passed +medium +read-only-port .*\n +CIS 3\.2\.4\b.*\n +CIS K8s 4\.2\.4\b.*\n +V-242387\b/m,
    );
    const [stig, eks] = await Promise.all([check("--benchmark", "stig", "--json"), check("--json")]);
    const numbersIn = (out: string) =>
      JSON.parse(out).verdicts.find(({ rule }: { rule: string }) => rule === "read-only-port");
    expect(numbersIn(stig.out).requirements).toEqual([
      "DISA Kubernetes STIG V2R6/V-242387",
      "DISA Kubernetes STIG V2R6/CNTR-K8-000330",
    ]);
    expect(numbersIn(eks.out).requirements).toEqual(["CIS Amazon EKS Benchmark v1.8.0/3.2.4"]);
  });

  test("reads a file that follows the option", async () => {
    const { out, code } = await audit(["check", "--benchmark", "cis-eks", "--benchmark", "stig", evidence]);
    expect({ out, code }).toEqual({ out: expect.stringMatching(/static-pods.*event-qps/s), code: 0 });
  });

  test("--stig-by-letter fails a stock node in the rules that docs/rules.md names, and without the option none fails", async () => {
    const failed = async (...args: string[]) => {
      const { verdicts } = JSON.parse((await check("--benchmark", "stig", "--json", ...args)).out);
      return verdicts.filter(({ status }: { status: string }) => status === "failed");
    };
    const byLetter = (rule: string) => ({ rule, because: expect.stringContaining("The node breaks the text of V-24") });
    const rules = ["authorization-mode", "streaming-idle-timeout", "hostname-override", "serving-certificate"];
    expect(await failed("--stig-by-letter")).toMatchObject(rules.map(byLetter));
    expect(await failed()).toEqual([]);
  });
});

test.each([
  ["run", ["run"]],
  ["check", ["check", evidence]],
])("%s rejects --stig-by-letter without the benchmark stig", async (_, command) => {
  const { code, err } = await audit([...command, "--stig-by-letter"], aws.environment());
  expect([code, err]).toEqual([2, "error: --stig-by-letter needs the benchmark stig. Add --benchmark stig.\n"]);
});

test("eks-kubelet-auditor rules --benchmark lists the rules of the benchmark", async () => {
  const idsWith = async (...args: string[]) =>
    JSON.parse((await audit(["rules", "--json", ...args])).out).map(({ id }: { id: string }) => id);
  expect(await idsWith("--benchmark", "stig")).toEqual(
    rulesIn((await run("--benchmark", "stig", "--output", "json")).out),
  );
  expect((await audit(["rules", "--benchmark", "stig"])).out).toContain("V-242397");
});

test("the error about an unknown benchmark contains the known ones", async () => {
  const { code, err } = await audit(["rules", "--benchmark", "nist"]);
  expect(code).toBe(2);
  expect(err).toContain("cis-eks, cis-kubernetes, stig");
});
