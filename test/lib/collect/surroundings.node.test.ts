import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { collected, collectedFrom, planted, temporaryDirectory, undated } from "./node.ts";

const content = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n";

test.each([
  ["a newline", "a\nfile 9\n.conf"],
  ["quotes", 'it\'s "$(reboot)" `reboot`.conf'],
  ["a backslash", "a\\nb\\.conf"],
  ["blanks and a star", " * ?.conf"],
  ["a dash as its first character", "-rf.conf"],
  ["bytes that are not UTF-8", "\ufffdé€.conf"],
])("the collector reads a drop-in with %s in its name", async (_, name) => {
  const path = `/d/${name}`;
  const { files } = await collected("al2023", {
    argv: ["kubelet", "--config-dir=/d"],
    files: { [path]: content },
  });
  expect(files.get(path)?.content?.toString()).toBe(content);
  expect([...files.keys()].filter((each) => each.startsWith("/d/"))).toEqual([path]);
});

test("if a kubelet ends while it is read, the evidence contains it, contains no kubelet or is incomplete", async () => {
  // A stand-in replaces the program, and its first call ends the kubelet. The collector calls the programs at different
  // moments, so the kubelet ends at different moments.
  for (const program of ["tr", "stat", "readlink", "awk", "sha256sum"]) {
    const [root, bin] = [planted("al2023"), temporaryDirectory()];
    const ends = `#!/bin/sh\nrm -rf "$ROOT/proc/2741"\nPATH=\${PATH#*:}\nexec ${program} "$@"\n`;
    writeFileSync(join(bin, program), ends, { mode: 0o755 });
    const evidence = await collectedFrom(root, { PATH: `${bin}:${resolve("local-aws/path")}:${process.env.PATH}` });
    expect(existsSync(join(root, "proc/2741")), `${program} was called`).toBe(false);
    const found = theKubelet(evidence);
    if ("process" in found) expect(found.process.argv[0]).toMatch(/kubelet$/);
    else expect(found.unreadable.code).toMatch(/^(NO_KUBELET|EVIDENCE_INCOMPLETE)$/);
  }
});

test("the names of the collector's variables in the environment, and an empty uptime, change nothing", async () => {
  const root = planted("al2023");
  const { files } = await collectedFrom(root);
  writeFileSync(join(root, "proc/uptime"), "");
  const disturbed = await collectedFrom(root, { started: "5", seconds: "x", exhausted: "x", seen: "x", IFS: "/" });
  expect(disturbed.files).toEqual(files);
});

test("the collector sends the same records on a read-only disk", async () => {
  const root = planted("al2023");
  const open = await collectedFrom(root);
  const directories = ["", "etc", "etc/kubernetes", "etc/kubernetes/kubelet", "var", "proc"];
  for (const directory of directories) chmodSync(join(root, directory), 0o555);
  const closed = await collectedFrom(root, { TMPDIR: "/nowhere", HOME: "/nowhere" });
  for (const directory of directories) chmodSync(join(root, directory), 0o755);
  expect([closed.kubelets.length, undated(closed)]).toEqual([1, undated(open)]);
});
