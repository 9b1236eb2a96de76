import { describe, expect, test } from "vitest";
import { judgeNode } from "../../../lambda/judge/judge-node.ts";
import { resolve } from "../../../lambda/kubelet/resolve.ts";
import { collected, dropInDirectory, evidenceOn, startedAt } from "../../node-state.ts";
import { frame, output } from "../evidence/evidence-by-hand.ts";

const judged = (text: string) => judgeNode({ collected: { output: text }, now: startedAt });

/** CPU time of `work` in milliseconds. Unlike wall time it does not depend on other load of the machine. */
function cpuTime(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const argv = (...elements: string[]) => output(["process", "1"], ["argv", ["kubelet", ...elements].join("\0")]);

/** Number of flags, more than a collector sends. An algorithm of quadratic time would need minutes for them. */
const uses = 80_000;
const repeated = {
  "a number": Array(uses).fill("--event-qps=1"),
  "a list": Array(uses).fill("--tls-cipher-suites=a,b"),
  "a gate": Array(uses).fill("--feature-gates=AllBeta=true"),
  "a gate in one flag": [`--feature-gates=${Array(8_000).fill("AllBeta=true").join()}`],
  "a label": Array(uses).fill("--node-labels=a=b"),
};

test.each(Object.entries(repeated))("resolves a command line that repeats %s in linear time", (_, flags) => {
  const evidence = evidenceOn({});
  const kubelet = { pid: 1, argv: ["kubelet", ...flags], namespaces: "host", version: "v1.34.2" } as const;
  expect(cpuTime(() => resolve(evidence, kubelet))).toBeLessThan(2_000);
});

/** Characters of one argument, more than a collector sends. */
const length = 120_000;
test.each([
  `--log-json-info-buffer-size=${"0".repeat(length)}1`,
  `--reserved-memory=${"0:memory=1;".repeat(length / 12)}0:memory=1`,
  `--register-with-taints=${"a:NoSchedule-,".repeat(length / 14)}a:NoSchedule`,
  `--reserved-cpus=${"1,".repeat(length / 2)}1`,
  `--sync-frequency=0.${"0".repeat(length)}1s`,
  `--vmodule=${"a=1,".repeat(length / 4)}`,
  `--address=${"1:".repeat(length / 2)}`,
])("resolves %.30s… in linear time", (flag) => {
  const evidence = evidenceOn({});
  const kubelet = { pid: 1, argv: ["kubelet", flag], namespaces: "host", version: "v1.34.2" } as const;
  expect(cpuTime(() => resolve(evidence, kubelet))).toBeLessThan(1_000);
});

test.each<[string, object]>([
  ["an eviction threshold of zeros", { evictionHard: { "memory.available": "0".repeat(length) } }],
  ["a timeout of a fraction of zeros", { streamingConnectionIdleTimeout: `0.${"0".repeat(2 * length)}1ns` }],
])("judges %s in linear time", (_, file) => {
  const text = collected({ file });
  expect(cpuTime(() => judged(text))).toBeLessThan(1_000);
});

test("judges a gate that one flag repeats in linear time", () => {
  const text = argv(`--feature-gates=${Array(5_000).fill("AllBeta=true").join()}`);
  expect(cpuTime(() => judged(text))).toBeLessThan(1_000);
});

test("reads a frame with 150,000 blank lines in linear time", () => {
  expect(cpuTime(() => judged(`eks-kubelet-evidence 1\nBEGIN\n${"\n".repeat(150_000)}x`))).toBeLessThan(500);
});

describe("rejects evidence that exceeds a limit of the collectors", () => {
  const process = (pid: number): [string, string][] => [["process", `${pid}`]];
  const file = (index: number): [string, string][] => [
    ["file", `/f${index}`],
    ["kind", "missing"],
  ];
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  test.each([
    ["65,537 bytes of one command line", argv("x".repeat(65_537)), "a command line has"],
    ["17 processes", output(...numbers(17).flatMap(process)), "more than 16 processes"],
    ["401 files", output(...numbers(401).flatMap(file)), "more than 400 files"],
  ])("%s", (_, text, because) => {
    expect(judged(text).unreadable).toMatchObject({
      code: "EVIDENCE_ALTERED",
      because: expect.stringContaining(because),
    });
  });

  test("65 drop-ins", () => {
    const dropIns = Object.fromEntries(numbers(65).map((index) => [`${index}.conf`, {}]));
    expect(judged(collected({ dropIns })).unreadable).toMatchObject({
      code: "EVIDENCE_INCOMPLETE",
      because: expect.stringContaining(`${dropInDirectory} was not listed completely`),
    });
  });
});

test.each([
  ["carriage returns", (text: string) => text.replaceAll("\n", "\r\n")],
  ["blank lines around its parts", (text: string) => text.replaceAll("\n", "\n \n")],
])("reads a frame with %s", (_, change) => {
  expect(judged(change(frame(Buffer.from("end 0\n\n")))).unreadable?.code).toBe("NO_KUBELET");
});
