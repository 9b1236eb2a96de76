import { expect, test } from "vitest";
import { startHeadStart } from "../../../lambda/collect/head-start.ts";
import type { Node } from "../../../lambda/domain/node.ts";
import { id, managed } from "../../kit/nodes.ts";

const node = (number: number, cluster = "prod", tags: Node["tags"] = managed(cluster)): Node => ({
  instanceId: id(number),
  arn: `arn:aws:ec2:us-east-1:111122223333:instance/${id(number)}`,
  cluster,
  group: { kind: "managed node group" },
  os: "al2023",
  tags,
});
const nodes = (count: number, cluster?: string, tags?: Node["tags"]) =>
  Array.from({ length: count }, (_, number) => node(number, cluster, tags));

/** The nodes without a head start. */
const others = Promise.resolve({ nodes: [] });

/** Adds the groups of nodes, takes all commands that are ready, and returns the cluster and number of nodes of each. */
async function commandsFor(...groups: readonly Node[][]) {
  const headStart = startHeadStart();
  for (const group of groups) headStart.add(group);
  const taken: [string | undefined, number][] = [];
  const taking = (async () => {
    for await (const { nodes } of headStart.before(others)) taken.push([nodes[0]?.cluster, nodes.length]);
  })();
  // All commands that are ready are taken in microtasks.
  await new Promise(setImmediate);
  const isFirst = headStart.close();
  await taking;
  expect(taken.pop()).toEqual([undefined, 0]);
  return { taken, count: isFirst.size };
}

test("gives a head start to full commands only, so that the run needs no further command", async () => {
  expect(await commandsFor(nodes(120))).toEqual({
    taken: [
      ["prod", 50],
      ["prod", 50],
    ],
    count: 100,
  });
  expect(await commandsFor(nodes(49))).toEqual({ taken: [], count: 0 });
});

test("fills a command with nodes of several pages", async () => {
  expect(await commandsFor(nodes(30), nodes(30))).toEqual({ taken: [["prod", 50]], count: 50 });
});

test("puts only nodes with equal access into a command", async () => {
  const denied = nodes(49, "prod", { "kubernetes.io/cluster/prod": "owned" });
  expect(await commandsFor(denied, nodes(50))).toEqual({ taken: [["prod", 50]], count: 50 });
});

test("takes all listed nodes of one cluster before it takes nodes of another cluster", async () => {
  const { taken } = await commandsFor(nodes(100, "b"), nodes(100, "a"));
  expect(taken.map(([cluster]) => cluster)).toEqual(["b", "b", "a", "a"]);
});

test("begins five clusters at most, because each of their ledgers stays open", async () => {
  const clusters = ["a", "b", "c", "d", "e", "f", "g"];
  const { taken, count } = await commandsFor(...clusters.map((name) => nodes(60, name)));
  expect(taken.map(([cluster]) => cluster)).toEqual(["a", "b", "c", "d", "e"]);
  expect(count).toBe(250);
});

test("yields a command as soon as enough nodes are listed, and the other nodes after the list has ended", async () => {
  const headStart = startHeadStart();
  const commands = headStart.before(others);
  const first = commands.next();
  headStart.add(nodes(50));
  expect((await first).value?.nodes).toHaveLength(50);
  const second = commands.next();
  headStart.close();
  headStart.add(nodes(50));
  expect(await second).toEqual({ done: false, value: { nodes: [] } });
  expect(await commands.next()).toEqual({ done: true, value: undefined });
});

test("throws if the list of instances fails", async () => {
  const headStart = startHeadStart();
  const listing = Promise.reject(new RangeError("no list"));
  const first = headStart.before(listing).next();
  headStart.close();
  await expect(first).rejects.toThrow(RangeError);
});
