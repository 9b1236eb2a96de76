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
  ["the only one", 100, evidence({})],
  ["the host's, not a pod's", 100, evidence({ pid: 7, namespaces: "other" }, {})],
  ["root's, not a user's", 100, evidence({}, { pid: 7, uid: 1000 })],
  ["the parent of one that has not executed yet", 100, evidence({ pid: 99, ppid: 100 }, {})],
  ["the only one, when nobody knows its namespaces", 100, evidence({ namespaces: "unknown" })],
] as const)("the kubelet is %s", (_, pid, nodes) => {
  expect(theKubelet(nodes)).toMatchObject({ process: { pid } });
});

test("so is the only one when nobody knows its user", () => {
  const { uid, ...nobodys } = evidence({}).kubelets[0] ?? { pid: 0, argv: [], namespaces: "unknown" };
  expect(theKubelet({ ...evidence(), kubelets: [nobodys] })).toHaveProperty("process");
});

test.each([
  ["nothing runs", "NO_KUBELET", "No kubelet runs on the node.", evidence()],
  ["a user plays kubelet", "NO_KUBELET", "process 100 belongs to user 1000", evidence({ uid: 1000 })],
  ["a pod plays kubelet", "NO_KUBELET", "process 100 runs in a container", evidence({ namespaces: "other" })],
  ["two run", "SEVERAL_KUBELETS", "processes 100, 200", evidence({}, { pid: 200 })],
  [
    "one started another with other arguments",
    "SEVERAL_KUBELETS",
    "processes 100, 200",
    evidence({}, { pid: 200, ppid: 100, argv: ["/usr/bin/kubelet", "--v=9"] }),
  ],
  [
    "one whose place is unknown runs beside one of the host",
    "SEVERAL_KUBELETS",
    "7",
    evidence({}, { pid: 7, namespaces: "unknown" }),
  ],
  ["its command line is not there", "EVIDENCE_INCOMPLETE", "process 100", evidence({ argv: [] })],
] as const)("no kubelet is picked when %s", (_, code, because, nodes) => {
  expect(theKubelet(nodes)).toMatchObject({ unreadable: { code, because: expect.stringContaining(because) } });
});
