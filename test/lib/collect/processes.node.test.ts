import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { collected, collectedFrom, planted } from "./node.ts";

const config = "/etc/kubernetes/kubelet/config.json";

test("a command line of 100 KB is not judged in part", async () => {
  const evidence = await collected("al2023", { argv: ["kubelet", `--node-labels=${"x".repeat(100_000)}`] });
  expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "EVIDENCE_INCOMPLETE" } });
  expect(evidence.remarks).toEqual([expect.stringContaining("longer than 65536 bytes")]);
});

const impostor = { argv: ["/usr/bin/kubelet", "--config=/evil"] };

test.each([
  ["a user's", [{ ...impostor, pid: 5, uid: 1000 }], 2741],
  ["a pod's", [{ ...impostor, pid: 5, namespaces: "own" }], 2741],
  [
    "300 pods'",
    Array.from({ length: 300 }, (_, i) => ({ ...impostor, pid: 3000 + i, namespaces: "own" as const })),
    2741,
  ],
  ["700 users'", Array.from({ length: 700 }, (_, i) => ({ ...impostor, pid: 10 + i, uid: 1000 })), 2741],
  ["one in another root directory", [{ ...impostor, pid: 5, root: "/srv/jail" }], 2741],
  ["one that only talks of it", [{ pid: 5, argv: ["/bin/sh", "-c", "/usr/bin/kubelet"] }], 2741],
  [
    "one whose name only ends so",
    [
      { pid: 5, argv: ["/usr/bin/notkubelet"] },
      { pid: 6, argv: ["kubelet-x"] },
    ],
    2741,
  ],
  ["a kernel thread's", [{ pid: 5, argv: [] }], 2741],
] as const)("no process is taken for the kubelet that is %s", async (_, others, pid) => {
  const evidence = await collected("al2023", { others });
  expect(theKubelet(evidence)).toMatchObject({ process: { pid } });
  expect(evidence.files.has("/evil")).toBe(false);
});

test("a kubelet that has only another root directory is named, and not judged from the host's files", async () => {
  const evidence = await collected("al2023", { root: "/srv/jail" });
  const because = "No kubelet runs on the node: process 2741 runs in another root directory, /srv/jail.";
  expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "NO_KUBELET", because } });
  expect([...evidence.files]).toEqual([]);
});

test("so many of root's that not all can be looked at are never no kubelet", async () => {
  const others = Array.from({ length: 260 }, (_, i) => ({ ...impostor, pid: 10 + i, root: "/jail" }));
  const evidence = await collected("al2023", { others });
  const because = expect.stringContaining("11 of them were not looked at");
  expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "EVIDENCE_INCOMPLETE", because } });
});

test.each([
  "0::/system.slice/kubelet.service",
  "12:pids:/system.slice/kubelet.service\n1:name=systemd:/system.slice/kubelet.service\n0::/",
  "0::/system.slice/snap.kubelet-eks.daemon.service",
])("of two kubelets the one of the systemd unit is taken: %j", async (cgroup) => {
  const evidence = await collected("al2023", {
    others: [{ ...impostor, pid: 5 }],
    files: { "/proc/2741/cgroup": `${cgroup}\n`, "/proc/5/cgroup": "0::/user.slice/kubelet.service.d/session.scope\n" },
  });
  expect(theKubelet(evidence)).toMatchObject({ process: { pid: 2741, preferredTo: [5] } });
});

test("a unit of a user's own systemd is not the kubelet's", async () => {
  const cgroup = "0::/user.slice/user-0.slice/user@0.service/app.slice/kubelet.service\n";
  const files = { "/proc/5/cgroup": cgroup, "/proc/2741/cgroup": "0::/system.slice/kubelet.service\n" };
  const evidence = await collected("al2023", { others: [{ ...impostor, pid: 5 }], files });
  expect(theKubelet(evidence)).toMatchObject({ process: { pid: 2741 } });
});

test("two kubelets are both told", async () => {
  const evidence = await collected("al2023", { others: [{ ...impostor, pid: 5 }] });
  expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "SEVERAL_KUBELETS" } });
});

test.each([
  ["its kubelet is gone", ["proc/2741"], "NO_KUBELET"],
  ["/proc is not there", ["proc"], "EVIDENCE_INCOMPLETE"],
  ["its kubelet's command line cannot be read", ["proc/2741/cmdline"], "EVIDENCE_INCOMPLETE"],
  ["its kubelet's user is not known", ["proc/2741/status"], "EVIDENCE_INCOMPLETE"],
])("a node where %s is told as that", async (_, gone, code) => {
  const root = planted("al2023");
  for (const path of gone) rmSync(join(root, path), { recursive: true });
  expect(theKubelet(await collectedFrom(root))).toMatchObject({ unreadable: { code } });
});

const pieces = ["stat", "environ", "cwd", "exe", "root", "ns"];

test.each([...pieces.map((piece) => [piece]), pieces])("a kubelet is told without its %s", async (...missing) => {
  const root = planted("al2023-dropin");
  for (const piece of missing) rmSync(join(root, "proc/2741", piece), { recursive: true, force: true });
  const evidence = await collectedFrom(root);
  expect(theKubelet(evidence)).toMatchObject({ process: { pid: 2741 } });
  expect(evidence.files.get(config)).toHaveProperty("content");
  expect(evidence.remarks.join()).toContain("process 2741: ");
});

test.each([
  ["with the variable that confirms drop-ins", { KUBELET_CONFIG_DROPIN_DIR_ALPHA: "" }, true],
  ["without it", { PATH: "/bin" }, false],
  ["without any variable", {}, false],
])("an environment %s is reported as such", async (_, environ, dropInEnvironment) => {
  const argv = ["/usr/bin/kubelet", "--config-dir=/etc/kubelet.d"];
  expect((await collected("al2023", { argv, environ })).kubelets).toMatchObject([{ dropInEnvironment }]);
});

test("a node without clock, release and version files is told all the same", async () => {
  const root = planted("al2023");
  for (const path of ["proc/stat", "proc/uptime", "proc/1", "etc/os-release", "etc/eks"])
    rmSync(join(root, path), { recursive: true });
  const evidence = await collectedFrom(root);
  expect(evidence).toMatchObject({ os: {}, remarks: ["node: no btime", expect.stringContaining("namespaces")] });
  expect(theKubelet(evidence)).toMatchObject({ process: { namespaces: "unknown" } });
});
