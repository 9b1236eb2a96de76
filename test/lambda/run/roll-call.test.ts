import { expect, test } from "vitest";
import type { Node } from "../../../lambda/domain/node.ts";
import { startRollCall } from "../../../lambda/run/roll-call.ts";
import { cluster, node as nodeOf } from "../../kit/results.ts";

const node = (cluster: string, instanceId: string) => nodeOf({ cluster, instanceId });
const inventory = (name: string, nodes: Node[]) => ({
  cluster: cluster({ name }),
  nodes,
  nodeGroups: [],
  fargateProfiles: [],
  emptyNodeGroups: [],
  providerManaged: 0,
  complete: true,
});
const [a1, a2, a3, b1] = [node("a", "i-a1"), node("a", "i-a2"), node("a", "i-a3"), node("b", "i-b1")];

/** The clusters and the covered subjects of each call: existing nodes, a node that is gone, and the cluster itself. */
function called(batches: Node[][], owns = (_: string) => true) {
  const rollCall = startRollCall([inventory("a", [a1, a2, a3]), inventory("b", [b1]), inventory("empty", [])], owns);
  return batches.map((batch) =>
    rollCall.call(batch).map((part) => {
      const owned = ["i-a1", "i-a2", "i-a3", "i-b1", "i-gone", "cluster"].filter((id) => part.owns(id));
      return [part.inventory.cluster.name, ...owned].join(" ");
    }),
  );
}

test("a batch covers its nodes; the last batch of a cluster also covers the cluster itself and nodes that are gone", () => {
  expect(
    called([
      [a1, a2],
      [b1, a3],
    ]),
  ).toEqual([
    ["a i-a1 i-a2"],
    ["a i-a3 i-b1 i-gone cluster", "b i-a1 i-a2 i-a3 i-b1 i-gone cluster", "empty i-a1 i-a2 i-a3 i-b1 i-gone cluster"],
  ]);
});

test("a cluster whose nodes are all processed is not returned again", () => {
  expect(called([[b1], [a1], [a2, a3]]).map((parts) => parts.map((part) => part.split(" ")[0]))).toEqual([
    ["b"],
    ["a"],
    ["a", "empty"],
  ]);
});

test("no batch covers a subject that the run does not cover", () => {
  expect(called([[a1, a2, a3, b1]], (id) => id !== "cluster" && id !== "i-gone")[0]?.join(" ")).not.toMatch(
    /cluster|gone/,
  );
});

test("a cluster without nodes is returned once", () => {
  expect(startRollCall([inventory("empty", [])], () => true).call([])).toMatchObject([{ isLast: true, nodes: [] }]);
});
