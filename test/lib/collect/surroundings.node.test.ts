import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { collected, collectedFrom, planted } from "./node.ts";

const content = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n";

test.each([
  ["a newline", "a\nfile 9\n.conf"],
  ["quotes", 'it\'s "$(reboot)" `reboot`.conf'],
  ["a backslash", "a\\nb\\.conf"],
  ["blanks and a star", " * ?.conf"],
  ["a dash at its beginning", "-rf.conf"],
  ["bytes of no character set", "\ufffdé€.conf"],
])("a drop-in with %s in its name is one file of that name", async (_, name) => {
  const path = `/d/${name}`;
  const { files } = await collected("al2023", {
    argv: ["kubelet", "--config-dir=/d"],
    files: { [path]: content },
  });
  expect(files.get(path)?.content?.toString()).toBe(content);
  expect([...files.keys()].filter((each) => each.startsWith("/d/"))).toEqual([path]);
});

test("a kubelet that exits while it is read is no kubelet, or one whose end is told", async () => {
  for (const milliseconds of [0, 20, 40, 60, 80]) {
    const root = planted("al2023");
    const gone = sleep(milliseconds).then(() => rmSync(join(root, "proc/2741"), { recursive: true, force: true }));
    const evidence = await collectedFrom(root);
    await gone;
    const found = theKubelet(evidence);
    if ("process" in found) expect(found.process.argv[0]).toMatch(/kubelet$/);
    else expect(found.unreadable.code).toMatch(/^(NO_KUBELET|EVIDENCE_INCOMPLETE)$/);
  }
});

test("a disk that nobody may write to is no trouble", async () => {
  const root = planted("al2023");
  const { files } = await collectedFrom(root);
  const directories = ["", "etc", "etc/kubernetes", "etc/kubernetes/kubelet", "var", "proc"];
  for (const directory of directories) chmodSync(join(root, directory), 0o555);
  const closed = await collectedFrom(root, { TMPDIR: "/nowhere", HOME: "/nowhere" });
  for (const directory of directories) chmodSync(join(root, directory), 0o755);
  expect([closed.kubelets.length, closed.files]).toEqual([1, files]);
});
