import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readEvidence, UnreadableEvidenceError } from "../../../lambda/evidence/evidence.ts";
import { frame, output, payload } from "./evidence-by-hand.ts";

const sha256 = "0123456789abcdef".repeat(4);

const whole = output(
  ["now", "1795550000"],
  ["btime", "1795400000"],
  ["os", 'ID="ubuntu"\nVERSION_ID=\'22.04\'\nPRETTY_NAME="Ubuntu 22.04.5 LTS"'],
  ["version-file", "Kubernetes v1.33.1-eks-aaaaaaa"],
  ["process", "2741"],
  ["uid", "0"],
  ["ppid", "1"],
  ["namespaces", "host"],
  ["start", "12399"],
  ["argv", "/usr/bin/kubelet\0--register-with-taints\0\0"],
  ["cwd", "/var/lib"],
  ["exe", "/usr/bin/kubelet"],
  ["dropin-env", "set"],
  ["version", "Kubernetes v1.34.2-eks-ecaa3a6"],
  ["file", "/etc//kubernetes/./kubelet/"],
  ["kind", "directory"],
  ["link", "/opt/kubelet"],
  ["stat", "1755 0 996 -5 4096"],
  ["remark", "process 2741: no environ"],
  ["file", "/etc/config.json"],
  ["kind", "file"],
  ["stat", "644 0 0 1795550000 1795550001 4"],
  ["way", "777 0 0 1 2 3 symbolic link ./etc\n755 0 0 3 4 4096 directory ./opt/a b\n"],
  ["content", Buffer.from([0x7b, 0x00, 0xff, 0x0a])],
  ["file", "/etc/ca.crt"],
  ["kind", "file"],
  ["certificates", `${sha256}\nmalformed`],
);
const undigested = (text: string) => text.replace(/(?<=\nEND \d+) \S+/, "");
const withoutDigest = undigested(whole);

test("returns all records of the collector with their types", () => {
  const { files, ...evidence } = readEvidence(whole);
  expect(evidence).toEqual({
    collectedAt: 1795550000,
    os: { id: "ubuntu", versionId: "22.04", prettyName: "Ubuntu 22.04.5 LTS" },
    kubelets: [
      {
        pid: 2741,
        uid: 0,
        ppid: 1,
        namespaces: "host",
        startedAt: 1795400123,
        argv: ["/usr/bin/kubelet", "--register-with-taints", ""],
        cwd: "/var/lib",
        exe: "/usr/bin/kubelet",
        dropInEnvironment: true,
        version: "v1.34.2-eks-ecaa3a6",
        versionFrom: "kubelet --version",
      },
    ],
    remarks: ["process 2741: no environ"],
    sha256: whole.trim().split(" ").at(-1),
  });
  expect([...files.values()]).toEqual([
    {
      path: "/etc/kubernetes/kubelet",
      kind: "directory",
      link: "/opt/kubelet",
      mode: 0o1755,
      uid: 0,
      gid: 996,
      modifiedAt: -5,
      size: 4096,
    },
    {
      path: "/etc/config.json",
      kind: "file",
      mode: 0o644,
      uid: 0,
      gid: 0,
      modifiedAt: 1795550000,
      changedAt: 1795550001,
      size: 4,
      way: [
        { path: "/etc", isLink: true, modifiedAt: 1, changedAt: 2 },
        { path: "/opt/a b", isLink: false, modifiedAt: 3, changedAt: 4 },
      ],
      content: Buffer.from([0x7b, 0x00, 0xff, 0x0a]),
    },
    {
      path: "/etc/ca.crt",
      kind: "file",
      certificates: [{ sha256 }, { malformed: expect.stringContaining("X.509") }],
    },
  ]);
});

test("merges the records of a path that the collector reports twice", () => {
  const { files } = readEvidence(
    output(["file", "/a"], ["kind", "file"], ["content", "x"], ["file", "//a"], ["kind", "file"], ["certificates", ""]),
  );
  expect(files.get("/a")).toEqual({ path: "/a", kind: "file", content: Buffer.from("x"), certificates: [] });
});

test("reads the version from the version file if the binary printed none", () => {
  const { kubelets } = readEvidence(
    output(["version-file", "Kubernetes v1.30.9"], ["process", "7"], ["version", "usage: kubelet"]),
  );
  expect(kubelets[0]).toMatchObject({ version: "v1.30.9", versionFrom: "/etc/eks/kubelet-version.txt" });
});

test("returns all elements of a command line that lacks its last NUL", () => {
  const { kubelets } = readEvidence(output(["process", "7"], ["argv", "kubelet\0--v\u00002"]));
  expect(kubelets[0]?.argv).toEqual(["kubelet", "--v", "2"]);
});

test.each([
  ["unchanged", whole],
  ["with the line ends of a terminal", whole.replaceAll("\n", "\r\n")],
  ["with blank lines around it", `\n  ${whole}\n\n`],
  ["followed by the standard error that Run Command appends", `${whole}\n----------ERROR-------\nsh: warning\n`],
])("reads a frame that is %s", (_, text) => {
  expect(readEvidence(text).kubelets).toHaveLength(1);
});

test("accepts a frame without a digest if gzip's checksum is right", () => {
  expect(readEvidence(withoutDigest)).toEqual(readEvidence(whole));
});

test.each([
  ["NUL", ["argv", "kubelet\0--a\0\0"]],
  ["byte 31", ["argv", "kubelet\x1f--a\x1f\x1f"]],
  ["NUL in base64", ["argv-encoded", Buffer.from("kubelet\0--a\0\0").toString("base64")]],
] as const)("splits a command line whose elements end in %s", (_, argv) => {
  expect(readEvidence(output(["process", "1"], argv)).kubelets[0]?.argv).toEqual(["kubelet", "--a", ""]);
});

test("reads records of the node that follow records of a file", () => {
  const evidence = readEvidence(output(["file", "/a"], ["kind", "file"], ["no-survey", "x"], ["restarted", "7\n8\n"]));
  expect(evidence).toMatchObject({ noSurvey: "x", restarted: [7, 8] });
});

test("reads an uncompressed payload, which a node without gzip sends", () => {
  expect(readEvidence(frame(payload(["now", "12"], ["end"]))).collectedAt).toBe(12);
});

const [base64 = ""] = /(?<=BEGIN\n).+/.exec(whole) ?? [];
const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));

test("the reason for missing evidence contains the shell's error", () => {
  const output = "\n----------ERROR-------\nsh: 0: cannot open _script.sh: Too many open files\n";
  const because = 'The node sent no evidence. Its shell reported "sh: 0: cannot open _script.sh: Too many open files".';
  expect(() => readEvidence(output)).toThrow(because);
});

describe("the reason for unusable output:", () => {
  test.each([
    ["EVIDENCE_MISSING", "nothing", ""],
    ["EVIDENCE_MISSING", "blanks", " \r\n\t\n"],
    ["EVIDENCE_MISSING", "only an error", "\n----------ERROR-------\nfailed to run commands: exit status 127"],
    ["EVIDENCE_CUT", "output cut within its first line", "eks-kubelet-evi"],
    ["EVIDENCE_CUT", "output cut in the middle", whole.slice(0, 500)],
    ["EVIDENCE_CUT", "output cut within its last line", whole.slice(0, -30)],
    ["EVIDENCE_CUT", "output without a digest cut within its last line", withoutDigest.slice(0, -2)],
    ["EVIDENCE_MISSING", "a collector that could not run", "eks-kubelet-evidence 1\nFAILED the shell ended\n"],
    ["EVIDENCE_CUT", "the mark of cut output from GetCommandInvocation", `${whole.slice(0, 300)}--output truncated--`],
    [
      "EVIDENCE_CUT",
      "the mark of cut output from ListCommandInvocations",
      `${whole.slice(0, 300)}\n---Output truncated---`,
    ],
    ["EVIDENCE_CUT", "a collector that died", frame(gzipSync(payload(["now", "1"])))],
    ["EVIDENCE_UNKNOWN_FORMAT", "another format", frame(gzipSync(payload(["end"])), "2")],
    ["EVIDENCE_UNKNOWN_FORMAT", "another format with another frame", "eks-kubelet-evidence 17\n{}"],
    ["EVIDENCE_ALTERED", "an error page", "<html>502 Bad Gateway</html>"],
    ["EVIDENCE_ALTERED", "10 MB", "A".repeat(10_000_000)],
    ["EVIDENCE_ALTERED", "neither a digest nor gzip", undigested(frame(payload(["end"])))],
    ["EVIDENCE_ALTERED", "one swapped character without a digest", withoutDigest.replace(/(?<=H4sIA{8}..)./, "B")],
    ["EVIDENCE_ALTERED", "two frames", whole + whole],
    ["EVIDENCE_ALTERED", "text after the frame", `${whole}and more`],
    ["EVIDENCE_ALTERED", "one changed character", whole.replace(base64, `${base64.slice(0, 99)}#${base64.slice(100)}`)],
    ["EVIDENCE_ALTERED", "one swapped character", whole.replace(/(?<=H4sI)./, "B")],
    ["EVIDENCE_ALTERED", "bytes that were not UTF-8", whole.replace(base64, base64.replace(/.$/, "\ufffd"))],
    ["EVIDENCE_ALTERED", "a wrong length", whole.replace(/END \d+/, "END 4")],
    ["EVIDENCE_ALTERED", "half a base64 group", frame(Buffer.of()).replace("\n\nEND 0", "\nAAAAA\nEND 5")],
    ["EVIDENCE_ALTERED", "damaged gzip", frame(gzipSync(payload(["end"])).subarray(0, 20))],
    ["EVIDENCE_ALTERED", "a gzip bomb", frame(bomb)],
    ["EVIDENCE_ALTERED", "no records", frame(Buffer.from("hello"))],
    ["EVIDENCE_ALTERED", "a record longer than the payload", frame(Buffer.from("now 99999\n1\nend 0\n\n"))],
    ["EVIDENCE_ALTERED", "a record shorter than its value", frame(Buffer.from("now 1\n12\nend 0\n\n"))],
    ["EVIDENCE_ALTERED", "records after the end record", frame(payload(["end"], ["now", "1"]))],
    ["EVIDENCE_ALTERED", "an unknown record", output(["verdict", "passed"])],
    ["EVIDENCE_ALTERED", "a process record without a process", output(["argv", "kubelet\0"])],
    ["EVIDENCE_ALTERED", "a repeated record", output(["now", "1"], ["now", "2"])],
    ["EVIDENCE_ALTERED", "a repeated process", output(["process", "1"], ["process", "1"])],
    ["EVIDENCE_ALTERED", "a relative path", output(["file", "etc/config"], ["kind", "file"])],
    ["EVIDENCE_ALTERED", "a path with a NUL", output(["file", "/etc\0"], ["kind", "file"])],
    ["EVIDENCE_ALTERED", "a file without a kind", output(["file", "/etc"])],
    ["EVIDENCE_ALTERED", "a file of unknown kind", output(["file", "/etc"], ["kind", "door"])],
    ["EVIDENCE_ALTERED", "a mode that is not octal", output(["file", "/e"], ["kind", "file"], ["stat", "998 0 0 0 0"])],
    [
      "EVIDENCE_ALTERED",
      "a malformed certificate digest",
      output(["file", "/e"], ["kind", "file"], ["certificates", "ab"]),
    ],
    ["EVIDENCE_ALTERED", "a time that is not a number", output(["now", "soon"])],
    ["EVIDENCE_ALTERED", "100,000 records", frame(gzipSync(Buffer.from("remark 0\n\n".repeat(100_000))))],
  ])("%s: %s", (code, _, text) => {
    let error: unknown;
    try {
      readEvidence(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UnreadableEvidenceError);
    expect(error).toMatchObject({ unreadable: { code, because: expect.stringMatching(/^[A-Z].*\.$/) } });
  });
});
