import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { type Evidence, readEvidence } from "../../../lambda/evidence/evidence.ts";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { type Change, runCollector } from "../../../local-aws/node-tree.ts";
import { collected, collectedByEveryAwk, collectedFrom, planted, script, temporaryDirectory, tool } from "./node.ts";

const config = "/etc/kubernetes/kubelet/config.json";

test.each([
  ["a named pipe", "fifo", (path: string) => spawnSync(tool("mkfifo"), [path])],
  ["a directory", "directory", (path: string) => mkdirSync(path)],
  ["a link to itself", "missing", (path: string) => symlinkSync(path.split("/").at(-1) ?? "", path)],
  ["a link to nothing", "missing", (path: string) => symlinkSync("/nowhere", path)],
  ["nothing", "missing", () => undefined],
] as const)(
  "the evidence contains the kind but no content if configuration, kubeconfig and client CA are replaced by %s",
  async (_, kind, place) => {
    const paths = [config, "/var/lib/kubelet/kubeconfig", "/ca.crt"];
    const root = planted("al2023", {
      argv: ["kubelet", `--config=${config}`, "--kubeconfig=/var/lib/kubelet/kubeconfig", "--client-ca-file=/ca.crt"],
    });
    for (const path of paths) {
      rmSync(join(root, path), { force: true });
      place(join(root, path));
    }
    const { files } = await collectedFrom(root);
    expect([...files.keys()]).toEqual(paths);
    for (const file of files.values()) {
      expect(file).toMatchObject({ kind });
      expect(file).not.toHaveProperty("content");
      expect(file).not.toHaveProperty("certificates");
    }
  },
);

const device = join(mkdtempSync(join(tmpdir(), "device-")), "null");
const hasDevice = spawnSync(tool("mknod"), [device, "c", "1", "3"]).status === 0;
afterAll(() => rmSync(dirname(device), { recursive: true }));

test.runIf(hasDevice)("the collector reports a device and does not read it", async () => {
  const root = planted("al2023", { argv: ["kubelet", "--config=/null", "--client-ca-file=/null"] });
  renameSync(device, join(root, "null"));
  const { files } = await collectedFrom(root);
  expect(files.get("/null")).toMatchObject({ kind: "device" });
  expect(Object.keys(files.get("/null") ?? {})).not.toContain("content");
});

test("the collector reports a socket", async () => {
  const root = planted("al2023", { argv: ["kubelet", "--config=/s"] });
  const server = createServer().listen(join(root, "s"));
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  expect((await collectedFrom(root)).files.get("/s")?.kind).toBe("socket");
});

const kilobyte = "# 345678901234567890123456789012\n".repeat(31);

test.each([
  ["a configuration that is too large", { [config]: kilobyte.repeat(300) }, config, "larger than"],
  [
    "a client CA file that is too large",
    { "/etc/kubernetes/pki/ca.crt": kilobyte.repeat(300) },
    "/etc/kubernetes/pki/ca.crt",
    "larger than",
  ],
] as const)("%s is not read", async (_, files, path, problem) => {
  const evidence = await collected("al2023", { files });
  expect(evidence.files.get(path)).toMatchObject({ kind: "file", problem: expect.stringContaining(problem) });
  expect(evidence.files.get(path)).not.toHaveProperty("content");
  expect(evidence.files.get(path)).not.toHaveProperty("certificates");
});

test("the collector reports the size of a file of 1 GB and does not read it", async () => {
  const root = planted("al2023");
  truncateSync(join(root, config), 2 ** 30);
  const { files } = await collectedFrom(root);
  expect(files.get(config)).toMatchObject({ size: 2 ** 30, problem: expect.stringContaining("larger") });
});

test("the contents of all files together have a size limit", async () => {
  const drops = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`/d/${i}.conf`, `kind: KubeletConfiguration\n${kilobyte.repeat(200)}`]),
  );
  const { files } = await collected("al2023", { argv: ["kubelet", "--config-dir=/d"], files: drops });
  expect(files.get("/d/0.conf")?.content).toBeDefined();
  expect(files.get("/d/8.conf")).toMatchObject({ problem: expect.stringContaining("together") });
});

test("a file that grows while it is read is sent whole or not at all", async () => {
  const root = planted("al2023");
  const path = join(root, config);
  const writer = setInterval(() => appendFileSync(path, " "), 1);
  onTestFinished(() => clearInterval(writer));
  for (let round = 0; round < 3; round++) {
    const { content, size, problem } = (await collectedFrom(root)).files.get(config) ?? {};
    expect(problem ?? content?.length).toBe(
      problem === undefined ? size : "it holds NUL or SOH bytes, or changed while it was read",
    );
  }
});

/** Runs the collector as the user nobody if the tests run as root, because root can read every file. */
const asNobody: [string, ...string[]] =
  process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh"] : ["sh"];

/** The evidence of a stock node on which `path` has the mode `mode`. */
async function collectedThough(path: string, mode: number): Promise<Evidence> {
  const root = planted("al2023");
  chmodSync(root, 0o755);
  chmodSync(join(root, path), mode);
  onTestFinished(() => chmodSync(join(root, path), 0o755)); // so that the tree can be deleted
  // The user nobody may have no access to this repository, so the collector runs from a copy.
  const copy = join(root, "collect.sh");
  copyFileSync(script, copy);
  const { stdout, exitCode } = await runCollector(copy, root, {}, asNobody);
  expect(exitCode).toBe(0);
  return readEvidence(stdout);
}

test.each([
  ["a file with mode 0000", config, 0, { kind: "file", problem: "it cannot be read" }],
  [
    "a file in a directory with mode 0600",
    "/etc/kubernetes",
    0o600,
    { kind: "missing", problem: "a directory above it cannot be entered" },
  ],
] as const)("the evidence contains the reason why the collector cannot read %s", async (_, path, mode, expected) => {
  expect((await collectedThough(path, mode)).files.get(config)).toMatchObject(expected);
});

test("a node whose /proc cannot be read does not count as a node without a kubelet", async () => {
  const evidence = await collectedThough("/proc", 0);
  expect(evidence.os.id).toBe("amzn");
  expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "EVIDENCE_INCOMPLETE" } });
});

test.each([
  ["10,000 drop-ins", Array.from({ length: 10_000 }, (_, i) => `/d/${i}.conf`), "more than 64 drop-ins"],
  ["100 directories", Array.from({ length: 100 }, (_, i) => `/d/${i}/x.txt`), "more than 64 directories"],
  ["300 nested directories", [`/d${"/e".repeat(300)}/x.conf`], "more than 64 directories"],
])("%s exceed a limit, and the evidence contains a remark", async (_, paths, problem) => {
  const files = Object.fromEntries(paths.map((path) => [path, "kind: x\n"]));
  const evidence = await collected("al2023", { argv: ["kubelet", "--config-dir=/d"], files });
  expect(evidence.files.get("/d")).toMatchObject({ kind: "directory", problem: expect.stringContaining(problem) });
  expect(evidence.remarks.at(-1)).toContain(problem);
});

test("the collector reads the drop-ins among 2,000 other files", async () => {
  const others = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`/d/${i}.json`, ""]));
  const { files, remarks } = await collected("al2023", {
    argv: ["kubelet", "--config-dir=/d"],
    files: { ...others, "/d/a.conf": "" },
  });
  expect([[...files.keys()], remarks]).toEqual([["/d", "/d/a.conf"], []]);
});

test("the collector reads each drop-in once if links form a loop", async () => {
  const links = { "/d/again": "/d", "/d/self.conf": "self.conf", "/d/a.conf": "b.conf", "/d/b.conf": "a.conf" };
  const { files } = await collected("al2023", {
    argv: ["kubelet", "--config-dir=/d"],
    files: { "/d/c.conf": "{}" },
    links,
  });
  expect([...files.values()].map(({ path, kind }) => [path, kind])).toEqual([
    ["/d", "directory"],
    ["/d/a.conf", "missing"],
    ["/d/b.conf", "missing"],
    ["/d/c.conf", "file"],
    ["/d/self.conf", "missing"],
  ]);
});

test("a command line with 1,000 paths exceeds a limit, and the evidence contains a remark", async () => {
  const argv = ["kubelet", ...Array.from({ length: 1000 }, (_, i) => `--client-ca-file=/ca/${i}`)];
  const { files, remarks } = await collected("al2023", { argv });
  expect(files.size).toBe(200);
  expect(remarks).toEqual(["more than 200 files"]);
});

test("a bundle of 300 certificates exceeds a limit, and the evidence contains the problem", async () => {
  const block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const { files } = await collected("al2023", { files: { "/etc/kubernetes/pki/ca.crt": block.repeat(300) } });
  expect(files.get("/etc/kubernetes/pki/ca.crt")).toMatchObject({ problem: "more than 200 certificates" });
});

/** Size of the largest file that the collector reads, in bytes. */
const largest = 262_144;
const marks = "kind: KubeletConfiguration\n".padEnd(largest, "!");
const blanks = `x${" ".repeat(largest - 2)}x`;

test.each([
  ["exclamation marks, which can begin a tag", { "/c": marks }, { path: "/c", content: Buffer.from(marks) }],
  ["blanks within one line", { "/ca": blanks }, { path: "/ca", certificates: [] }],
])("the collector scans a file full of %s in time", async (_, files, expected) => {
  const { files: found } = await collectedByEveryAwk("al2023", {
    argv: ["kubelet", "--config=/c", "--client-ca-file=/ca"],
    files,
  });
  expect(found.get(expected.path)).toMatchObject(expected);
});

test.each([
  ["has an error in its grammar", "exec $real 'BEGIN {'", /^awk failed with exit code [12] on this file$/],
  ["is killed", "kill -KILL $$", /^awk failed with exit code 137 on this file$/],
  ["does not exist", "exec /nowhere", /^awk or timeout could not be started$/],
])("the evidence contains the reason why a file was not scanned: awk %s", async (_, text, problem) => {
  const bin = temporaryDirectory();
  writeFileSync(join(bin, "awk"), `#!/bin/sh\nreal=${tool("awk")}\n${text}\n`, { mode: 0o755 });
  const { files } = await collectedFrom(planted("al2023"), { PATH: `${bin}:${process.env.PATH}` });
  expect(files.get(config)).toMatchObject({ kind: "file", problem: expect.stringMatching(problem) });
  expect(files.get(config)).not.toHaveProperty("content");
});

/** Plants a node on which the collector reads the time from the real clock. */
function plantedInRealTime(change: Change): string {
  const root = planted("al2023", change);
  rmSync(join(root, "proc/uptime"));
  return root;
}

/** A directory with an awk that sleeps before it scans a file for these words. */
function slowAwk(words: string, seconds: number): string {
  const bin = temporaryDirectory();
  const slow = `case "$*" in *"${words}"*) sleep ${seconds} >/dev/null 2>&1 ;; esac`;
  writeFileSync(join(bin, "awk"), `#!/bin/sh\n${slow}\nexec ${tool("awk")} "$@"\n`, { mode: 0o755 });
  return bin;
}

test("after three seconds the collector reads no further file, and the evidence contains a remark", async () => {
  const names = Array.from({ length: 9 }, (_, index) => `/d/${index}.conf`);
  const files = Object.fromEntries(names.map((name) => [name, "kind: KubeletConfiguration\n"]));
  const root = plantedInRealTime({ argv: ["kubelet", "--config-dir=/d"], files });
  const evidence = await collectedFrom(root, { PATH: `${slowAwk("staticpodurl", 1)}:${process.env.PATH}` });
  expect(evidence.files.size).toBeLessThan(names.length);
  expect(evidence.files.get("/d")).toMatchObject({ problem: expect.stringContaining("more than 3 seconds") });
  expect(evidence.remarks).toContain("more than 3 seconds");
});

// One file at a time, because the collector reads no further file after three seconds.
test.each([
  ["configuration", "staticpodurl", config],
  ["certificates", "BEGIN CERTIFICATE", "/etc/kubernetes/pki/ca.crt"],
])(
  "if the scan of a file for %s takes too long, the evidence contains the problem in place of the result",
  async (_, words, path) => {
    const root = plantedInRealTime({
      argv: ["kubelet", `--config=${config}`, "--client-ca-file=/etc/kubernetes/pki/ca.crt"],
    });
    const { files } = await collectedFrom(root, { PATH: `${slowAwk(words, 9)}:${process.env.PATH}` });
    expect(files.get(path)).toMatchObject({ kind: "file", problem: "it took too long to look through" });
    expect(files.get(path)).not.toHaveProperty("content");
    expect(files.get(path)).not.toHaveProperty("certificates");
  },
);

test.each([
  [40, "file"],
  [41, "missing"],
])("a path through %d links has the kind %s, as in Linux", async (count, kind) => {
  const ca = "/etc/kubernetes/pki/ca.crt";
  const path = (index: number) => (index === count ? ca : `/links/${index}`);
  const links = Object.fromEntries(Array.from({ length: count }, (_, index) => [path(index), path(index + 1)]));
  const { files } = await collected("al2023", { argv: ["kubelet", `--client-ca-file=${path(0)}`], links });
  expect(files.get(path(0))).toMatchObject({ kind });
});

test("a link whose target ends in a line break does not lead to the file without it", async () => {
  const { files } = await collected("al2023", {
    argv: ["kubelet", "--client-ca-file=/link.crt"],
    links: { "/link.crt": "/etc/kubernetes/pki/ca.crt\n" },
  });
  expect(files.get("/link.crt")).toMatchObject({ kind: "missing", link: "/etc/kubernetes/pki/ca.crt\n" });
});

test("a path with 256 names is not followed, and the evidence contains the problem", async () => {
  const path = `${"/a".repeat(255)}/ca.crt`;
  const { files } = await collected("al2023", {
    argv: ["kubelet", `--client-ca-file=${path}`],
    files: { [path]: "x" },
  });
  expect(files.get(path)).toMatchObject({ kind: "missing", problem: "it has more than 255 names" });
});
