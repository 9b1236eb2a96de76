import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readEvidence } from "../../../lambda/evidence/evidence.ts";
import { theKubelet } from "../../../lambda/kubelet/process.ts";
import { runCollector } from "../../../local-aws/node-tree.ts";
import { collected, collectedFrom, planted, script, shells, temporaryDirectory } from "./node.ts";

const config = "/etc/kubernetes/kubelet/config.json";

test("a command line of 100 KB makes the node unreadable", async () => {
  const evidence = await collected("al2023", { argv: ["kubelet", `--node-labels=${"x".repeat(100_000)}`] });
  expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "EVIDENCE_INCOMPLETE" } });
  expect(evidence.remarks).toEqual([expect.stringContaining("longer than 65536 bytes")]);
});

const impostor = { argv: ["/usr/bin/kubelet", "--config=/evil"] };

test.each([
  ["a user's process that is named kubelet", [{ ...impostor, pid: 5, uid: 1000 }], 2741],
  ["a pod's process that is named kubelet", [{ ...impostor, pid: 5, namespaces: "own" }], 2741],
  [
    "one of 300 processes of pods that are named kubelet",
    Array.from({ length: 300 }, (_, i) => ({ ...impostor, pid: 3000 + i, namespaces: "own" as const })),
    2741,
  ],
  [
    "one of 700 processes of users that are named kubelet",
    Array.from({ length: 700 }, (_, i) => ({ ...impostor, pid: 10 + i, uid: 1000 })),
    2741,
  ],
  ["a process in another root directory that is named kubelet", [{ ...impostor, pid: 5, root: "/srv/jail" }], 2741],
  [
    "a process with the path of the kubelet only in its arguments",
    [{ pid: 5, argv: ["/bin/sh", "-c", "/usr/bin/kubelet"] }],
    2741,
  ],
  [
    "a process whose name only begins or ends like the kubelet's",
    [
      { pid: 5, argv: ["/usr/bin/notkubelet"] },
      { pid: 6, argv: ["kubelet-x"] },
    ],
    2741,
  ],
  ["a process without a command line, such as a kernel thread", [{ pid: 5, argv: [] }], 2741],
] as const)("the auditor chooses the kubelet, and not %s", async (_, others, pid) => {
  const evidence = await collected("al2023", { others });
  expect(theKubelet(evidence)).toMatchObject({ process: { pid } });
  expect(evidence.files.has("/evil")).toBe(false);
});

test("a kubelet in another root directory is named in the reason, and the collector reads no file for it", async () => {
  const evidence = await collected("al2023", { root: "/srv/jail" });
  const because = "No kubelet runs on the node: process 2741 runs in another root directory, /srv/jail.";
  expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "NO_KUBELET", because } });
  expect([...evidence.files]).toEqual([]);
});

test("too many processes of root to check all give incomplete evidence, not a node without a kubelet", async () => {
  const others = Array.from({ length: 260 }, (_, i) => ({ ...impostor, pid: 10 + i, root: "/jail" }));
  const evidence = await collected("al2023", { others });
  const because = expect.stringContaining("11 of them were not looked at");
  expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "EVIDENCE_INCOMPLETE", because } });
});

test.for(shells)("%s stops listing the processes when its time is over, with a reason", async (shell) => {
  const others = Array.from({ length: 200 }, (_, i) => ({ pid: 10 + i, argv: ["/bin/sleep"] }));
  const hurried = join(temporaryDirectory(), "collect.sh");
  writeFileSync(hurried, readFileSync(script, "utf8").replace("max_seconds=3 ", "max_seconds=0 "));
  const { stdout } = await runCollector(hurried, planted("al2023", { others }), {}, shell);
  expect(theKubelet(readEvidence(stdout))).toMatchObject({
    unreadable: {
      code: "EVIDENCE_INCOMPLETE",
      because: "The collector could not list the processes of the node: more than 0 seconds.",
      fix: expect.stringContaining("so many processes"),
    },
  });
});

test.each([
  "0::/system.slice/kubelet.service",
  "12:pids:/system.slice/kubelet.service\n1:name=systemd:/system.slice/kubelet.service\n0::/",
  "0::/system.slice/snap.kubelet-eks.daemon.service",
])("the kubelet of the systemd unit is chosen among two kubelets: %j", async (cgroup) => {
  const evidence = await collected("al2023", {
    others: [{ ...impostor, pid: 5 }],
    files: { "/proc/2741/cgroup": `${cgroup}\n`, "/proc/5/cgroup": "0::/user.slice/kubelet.service.d/session.scope\n" },
  });
  expect(theKubelet(evidence)).toMatchObject({ process: { pid: 2741, preferredTo: [5] } });
});

test("a unit of a user's own systemd does not count as the kubelet's unit", async () => {
  const cgroup = "0::/user.slice/user-0.slice/user@0.service/app.slice/kubelet.service\n";
  const files = { "/proc/5/cgroup": cgroup, "/proc/2741/cgroup": "0::/system.slice/kubelet.service\n" };
  const evidence = await collected("al2023", { others: [{ ...impostor, pid: 5 }], files });
  expect(theKubelet(evidence)).toMatchObject({ process: { pid: 2741 } });
});

test("two kubelets without a systemd unit make the node unreadable", async () => {
  const evidence = await collected("al2023", { others: [{ ...impostor, pid: 5 }] });
  expect(theKubelet(evidence)).toMatchObject({ unreadable: { code: "SEVERAL_KUBELETS" } });
});

test.each([
  ["the kubelet has ended", ["proc/2741"], "NO_KUBELET"],
  ["/proc is missing", ["proc"], "EVIDENCE_INCOMPLETE"],
  ["the kubelet's command line cannot be read", ["proc/2741/cmdline"], "EVIDENCE_INCOMPLETE"],
  ["the kubelet's user is unknown", ["proc/2741/status"], "EVIDENCE_INCOMPLETE"],
])("a node is unreadable with its own reason if %s", async (_, gone, code) => {
  const root = planted("al2023");
  for (const path of gone) rmSync(join(root, path), { recursive: true });
  expect(theKubelet(await collectedFrom(root))).toMatchObject({ unreadable: { code } });
});

const pieces = ["stat", "environ", "cwd", "exe", "root", "ns"];

test.each([...pieces.map((piece) => [piece]), pieces])(
  "the collector reports a kubelet without its %s, and adds a remark",
  async (...missing) => {
    const root = planted("al2023-dropin");
    for (const piece of missing) rmSync(join(root, "proc/2741", piece), { recursive: true, force: true });
    const evidence = await collectedFrom(root);
    expect(theKubelet(evidence)).toMatchObject({ process: { pid: 2741 } });
    expect(evidence.files.get(config)).toHaveProperty("content");
    expect(evidence.remarks.join()).toContain("process 2741: ");
  },
);

test.each([
  ["with the variable that confirms drop-ins", { KUBELET_CONFIG_DROPIN_DIR_ALPHA: "" }, true],
  ["without that variable", { PATH: "/bin" }, false],
  ["without any variable", {}, false],
])("the evidence shows whether drop-ins are confirmed: an environment %s", async (_, environ, dropInEnvironment) => {
  const argv = ["/usr/bin/kubelet", "--config-dir=/etc/kubelet.d"];
  expect((await collected("al2023", { argv, environ })).kubelets).toMatchObject([{ dropInEnvironment }]);
});

test("the collector reports a node without clock, release and version files", async () => {
  const root = planted("al2023");
  for (const path of ["proc/stat", "proc/uptime", "proc/1", "etc/os-release", "etc/eks"])
    rmSync(join(root, path), { recursive: true });
  const evidence = await collectedFrom(root);
  expect(evidence).toMatchObject({ os: {}, remarks: ["node: no btime", expect.stringContaining("namespaces")] });
  expect(theKubelet(evidence)).toMatchObject({ process: { namespaces: "unknown" } });
});
