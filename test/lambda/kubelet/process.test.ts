import { expect, test } from "vitest";
import type { Evidence, KubeletProcess } from "../../../lambda/evidence/evidence.ts";
import { theKubelet } from "../../../lambda/kubelet/process.ts";

function evidence(...kubelets: readonly Partial<KubeletProcess>[]): Evidence {
  const kubelet: KubeletProcess = { pid: 100, argv: ["/usr/bin/kubelet"], uid: 0, ppid: 1, namespaces: "host" };
  return {
    os: {},
    kubelets: kubelets.map((changes) => ({ ...kubelet, ...changes })),
    files: new Map(),
    remarks: [],
    sha256: "",
  };
}

test.each([
  ["the only kubelet process", 100, evidence({})],
  ["the process of the host, not that of a pod", 100, evidence({ pid: 7, namespaces: "other" }, {})],
  ["the process of root, not that of a user", 100, evidence({}, { pid: 7, uid: 1000 })],
  ["the parent of a child that has not called exec yet", 100, evidence({ pid: 99, ppid: 100 }, {})],
  ["the only kubelet process, even with unknown namespaces", 100, evidence({ namespaces: "unknown" })],
] as const)("the kubelet is %s", (_, pid, nodes) => {
  expect(theKubelet(nodes)).toMatchObject({ process: { pid } });
});

test("the kubelet is the only kubelet process, even with an unknown user", () => {
  const { uid, ...nobodys } = evidence({}).kubelets[0] ?? { pid: 0, argv: [], namespaces: "unknown" };
  expect(theKubelet({ ...evidence(), kubelets: [nobodys] })).toHaveProperty("process");
});

test.each([
  ["no process runs", "NO_KUBELET", "No kubelet runs on the node.", evidence()],
  ["only a user's process is named kubelet", "NO_KUBELET", "process 100 belongs to user 1000", evidence({ uid: 1000 })],
  [
    "only a pod's process is named kubelet",
    "NO_KUBELET",
    "process 100 runs in its own namespaces",
    evidence({ namespaces: "other" }),
  ],
  ["two kubelets run", "SEVERAL_KUBELETS", "processes 100, 200", evidence({}, { pid: 200 })],
  [
    "a kubelet started a second kubelet with other arguments",
    "SEVERAL_KUBELETS",
    "processes 100, 200",
    evidence({}, { pid: 200, ppid: 100, argv: ["/usr/bin/kubelet", "--v=9"] }),
  ],
  [
    "a kubelet with unknown namespaces runs beside the host's kubelet",
    "SEVERAL_KUBELETS",
    "7",
    evidence({}, { pid: 7, namespaces: "unknown" }),
  ],
  ["the command line is missing", "EVIDENCE_INCOMPLETE", "process 100", evidence({ argv: [] })],
] as const)("the node is unreadable if %s", (_, code, because, nodes) => {
  expect(theKubelet(nodes)).toMatchObject({ unreadable: { code, because: expect.stringContaining(because) } });
});
