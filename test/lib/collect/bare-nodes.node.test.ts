import { spawn, spawnSync } from "node:child_process";
import { closeSync, cpSync, mkdirSync, openSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readEvidence } from "../../../lambda/evidence/evidence.ts";
import { collectedFrom, planted, script, temporaryDirectory, tool, undated } from "./node.ts";

const isRoot = process.getuid?.() === 0;

const busybox = tool("busybox");

test("a node without gzip sends the same records uncompressed", async () => {
  const tools = "sh awk tr base64 sha256sum stat readlink head date sort timeout cat".split(" ");
  const bin = temporaryDirectory();
  for (const name of tools) symlinkSync(tool(name), join(bin, name));
  const root = planted("al2023");
  // The removed line adds the system's directories to PATH, so the script would find gzip there.
  const bare = readFileSync(script, "utf8").replace(/^PATH=.*$/m, "");
  const stdout = spawnSync(join(bin, "sh"), ["-s"], { input: bare, env: { PATH: bin, ROOT: root } }).stdout.toString();
  const [plain, packed] = [readEvidence(stdout), await collectedFrom(root)];
  expect([...plain.files.keys()]).toEqual([...packed.files.keys()]);
  expect(plain.kubelets).toEqual(packed.kubelets);
});

test("the collector writes no file and leaves no process", async () => {
  const root = planted("al2023-dropin");
  const list = () => spawnSync("find", [root, "-printf", "%p %y %m %s %T@ %l\n"]).stdout.toString();
  const [before, home] = [list(), temporaryDirectory()];
  const children = () => readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  const childrenBefore = children();
  await collectedFrom(root, { TMPDIR: home, HOME: home });
  expect(list()).toBe(before);
  expect(readdirSync(home)).toEqual([]);
  expect(children()).toBe(childrenBefore);
});

test("the collector ends with 0 when its output is on a full disk", async () => {
  const full = openSync("/dev/full", "w");
  onTestFinished(() => closeSync(full));
  const child = spawn("sh", [script], {
    env: { ...process.env, ROOT: planted("al2023") },
    stdio: ["ignore", full, "inherit"],
  });
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
});

/** A node with only busybox and its own files: no /dev, and no program or file of this machine. */
function bareNode(): string {
  const root = planted("al2023-dropin");
  mkdirSync(join(root, "bin"));
  cpSync(busybox, join(root, "bin/busybox"), { dereference: true });
  cpSync(script, join(root, "collect.sh"));
  return root;
}

function applets(): string[] {
  return busybox === "" ? [] : spawnSync(busybox, ["--list"]).stdout.toString().trim().split("\n");
}

test.runIf(isRoot && busybox !== "")(
  "the collector sends the same records in a chroot that has only busybox",
  async () => {
    const root = bareNode();
    for (const name of applets()) if (name !== "busybox") symlinkSync("busybox", join(root, "bin", name));
    const run = spawnSync(tool("chroot"), [root, "/bin/busybox", "sh", "/collect.sh"], { env: { PATH: "/bin" } });
    expect([run.status, run.stderr.toString()]).toEqual([0, ""]);
    const [inside, outside] = [readEvidence(run.stdout.toString()), await collectedFrom(root)];
    expect(undated(inside)).toEqual(undated(outside));
    expect(inside.kubelets).toEqual(outside.kubelets);
    expect(inside.remarks).toEqual([]);
    expect(readdirSync(root)).not.toContain("dev");
  },
);
