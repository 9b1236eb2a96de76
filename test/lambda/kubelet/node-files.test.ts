import { describe, expect, test } from "vitest";
import { CannotTell, KubeletRefuses } from "../../../lambda/domain/problems.ts";
import type { Evidence } from "../../../lambda/evidence/evidence.ts";
import type { FileEvidence } from "../../../lambda/evidence/files.ts";
import { asGiven, contentOf, lexical } from "../../../lambda/kubelet/node-files.ts";

const path = "/etc/k.conf";

function evidence(file?: Partial<FileEvidence>, remarks: readonly string[] = []): Evidence {
  const files = new Map(file ? [[path, { path, kind: "file" as const, ...file }]] : []);
  return { os: {}, kubelets: [], files, remarks, sha256: "" };
}

/** The error of a step that must fail. */
function failure(step: () => unknown): unknown {
  try {
    step();
  } catch (error) {
    return error;
  }
  throw new Error("it succeeded");
}

describe("contentOf() throws KubeletRefuses for a file with which a kubelet does not start:", () => {
  test.each<[string, Partial<FileEvidence>]>([
    ["no such file", { kind: "missing" }],
    ["it is a directory", { kind: "directory" }],
    ["Object 'Kind' is missing", { problem: "it names no kind" }],
    ["it is not a KubeletConfiguration", { problem: "it is not a KubeletConfiguration" }],
  ])("%s", (why, file) => {
    const error = failure(() => contentOf(path, evidence(file), "its own kind"));
    expect(error).toEqual(new KubeletRefuses(`failed to load ${path}: ${why}`));
  });

  test("a path longer than Linux accepts, with a short message", () => {
    const error = failure(() => contentOf(`/${"a/".repeat(3000)}`, evidence(), "its own kind"));
    expect(error).toBeInstanceOf(KubeletRefuses);
    expect(`${error}`).toMatch(/^.{0,300}…: the path is too long$/);
  });
});

describe("contentOf() explains why a file was not collected and how to fix it:", () => {
  test.each<[problem: string, file: Partial<FileEvidence>, fix: RegExp]>([
    ["it is a fifo", { kind: "fifo" }, /^Make the file an ordinary one\.$/],
    ["it is a device", { kind: "device" }, /^Make the file an ordinary one\.$/],
    ["it is larger than 262144 bytes", {}, /256 KiB/],
    ["all files together are larger than 1048576 bytes", {}, /1 MiB/],
    ["it took too long to look through", {}, /^Make the file smaller/],
    ["it may hold a secret in a form that this script does not know", {}, /^Take staticPodURL/],
    ["it is not a KubeletConfiguration", {}, /^Keep one KubeletConfiguration in the file/],
    ["it holds more than a KubeletConfiguration", {}, /^Keep one KubeletConfiguration in the file/],
    ["each process finds a different file at this path", { kind: "missing" }, /name of its own/],
    ["a directory above it cannot be entered", { kind: "missing" }, /^Let root read the file/],
    ["it changed while it was read", {}, /^Collect again\.$/],
  ])("%s", (problem, file, fix) => {
    const state = file.kind === undefined || file.kind === "missing" ? { ...file, problem } : file;
    const error = failure(() => contentOf(path, evidence(state), "any kind"));
    if (!(error instanceof CannotTell)) throw error;
    const because = `The content of ${path} was not collected: ${problem}.`;
    expect(error.unreadable).toEqual({ code: "EVIDENCE_INCOMPLETE", because, fix: expect.stringMatching(fix) });
  });

  test.each([
    ["no reason is known", path, [], /does not contain \/etc\/k\.conf\.$/, /^Collect again\.$/],
    ["a limit was reached", path, ["more than 200 files"], /after more than 200 files\.$/, /^Name fewer files/],
    [
      "its name contains the collector's placeholder of a line break",
      "/a\u0001b",
      [],
      /U\+0001/,
      /^Rename the file\.$/,
    ],
  ] as const)("%s", (_, named, remarks, because, fix) => {
    const error = failure(() => contentOf(named, evidence(undefined, remarks), "its own kind"));
    if (!(error instanceof CannotTell)) throw error;
    expect(error.unreadable.because).toMatch(because);
    expect(error.unreadable.fix).toMatch(fix);
  });
});

test.each([
  ["/etc/k/L/../c.yaml", "/etc/k/c.yaml", "/etc/k/L/../c.yaml"],
  ["../c.yaml", "/c.yaml", "/srv/../c.yaml"],
  ["./a//b/./c/", "/srv/a/b/c", "/srv/a/b/c"],
  ["/", "/", "/"],
  ["/../..", "/", "/../.."],
])("%s becomes %s if the kubelet removes '..', and %s if the operating system resolves it", (named, folded, given) => {
  const place = { evidence: evidence(), process: { pid: 1, argv: [], namespaces: "host", cwd: "/srv" } } as const;
  expect([lexical(named, place), asGiven(named, place)]).toEqual([folded, given]);
});

test("on Windows the kubelet and the operating system both remove '..' in the text of a path", () => {
  const place = {
    evidence: { ...evidence(), os: { id: "windows" } },
    process: { pid: 1, argv: [], namespaces: "unknown", cwd: "C:\\k" },
  } as const;
  expect([lexical("L\\..\\c", place), asGiven("C:/k/L/../c/", place)]).toEqual(["C:\\k\\c", "C:\\k\\c"]);
});
