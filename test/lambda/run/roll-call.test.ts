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

/** What each part of a call answers for, among nodes that are there, one that is gone, and the cluster itself. */
function called(batches: Node[][], owns = (_: string) => true) {
  const rollCall = startRollCall([inventory("a", [a1, a2, a3]), inventory("b", [b1]), inventory("empty", [])], owns);
  return batches.map((batch) =>
    rollCall.call(batch).map((part) => {
      const owned = ["i-a1", "i-a2", "i-a3", "i-b1", "i-gone", "cluster"].filter((id) => part.owns(id));
      return [part.inventory.cluster.name, ...owned].join(" ");
    }),
  );
}

test("each node is its batch's, and what is gone and the cluster itself the last batch's of the cluster", () => {
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

test("a cluster that comes to its end early is not called again", () => {
  expect(called([[b1], [a1], [a2, a3]]).map((parts) => parts.map((part) => part.split(" ")[0]))).toEqual([
    ["b"],
    ["a"],
    ["a", "empty"],
  ]);
});

test("nobody answers for what the run does not own", () => {
  expect(called([[a1, a2, a3, b1]], (id) => id !== "cluster" && id !== "i-gone")[0]?.join(" ")).not.toMatch(
    /cluster|gone/,
  );
});

test("a fleet without nodes is called all the same", () => {
  expect(startRollCall([inventory("empty", [])], () => true).call([])).toMatchObject([{ isLast: true, nodes: [] }]);
});
