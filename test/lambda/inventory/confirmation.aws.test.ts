import { afterEach, describe, expect, test } from "vitest";
import { whyNotAsked } from "../../../lambda/collect/replies.ts";
import { takeWholeInventory } from "../../../lambda/inventory/inventory.ts";
import type { Fault } from "../../../local-aws/traffic.ts";
import type { Unsettled } from "../../../local-aws/unsettled.ts";
import { id } from "../../kit/nodes.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { node, place, type Site, startSite } from "../collect/site.ts";

simulateTime();

let site: Site | undefined;
afterEach(() => site?.aws.close());

interface Setting {
  nodes: ReturnType<typeof node>[];
  faults?: Fault[];
  unsettled?: Partial<Unsettled>;
  owns?: (instanceId: string) => boolean;
}

async function registrationsOf({ nodes, faults = [], unsettled = {}, owns }: Setting) {
  site = await startSite({ nodes }, { unsettled });
  site.aws.faults.push(...faults);
  const inventory = await takeWholeInventory(site.clients, place, () => true, false, owns ? { owns } : {});
  const codes = nodes.map(({ id: nodeId }) => whyNotAsked(inventory.registrations.get(nodeId))?.code ?? "online");
  return { ...inventory, codes, calls: Object.fromEntries(site.clients.calls) };
}

const unregistered = (number: number) => {
  const { agent: _, ...rest } = node(number);
  return rest;
};
const denied = (operation: string, times = 1): Fault => ({
  operation,
  times,
  error: { code: "AccessDeniedException", message: `User: u is not authorized to perform: ${operation}` },
});

describe("a node that DescribeInstanceInformation shows as online is audited when DescribeInstanceProperties", () => {
  const everyList = { operation: "ssm:DescribeInstanceProperties", page: "not yet" } as const;
  test.each<[string, Setting]>([
    ["returns no node at all", { nodes: [node(1), node(2)], faults: [everyList] }],
    ["leaves it out", { nodes: [node(1, { inProperties: "missing" }), node(2)] }],
    ["returns it without PingStatus", { nodes: [node(1, { inProperties: "without PingStatus" }), node(2)] }],
    ["is denied", { nodes: [node(1), node(2)], faults: [denied("ssm:DescribeInstanceProperties")] }],
  ])("%s", async (_, setting) => {
    const { codes, trouble, clusters } = await registrationsOf(setting);
    expect(codes).toEqual(["online", "online"]);
    expect(trouble).toEqual([]);
    expect(clusters[0]?.nodes.map(({ os }) => os)).toEqual(["al2023", "al2023"]);
  });
});

test("reports the failed call as a problem when the other call replaces it", async () => {
  const faults = [denied("ssm:DescribeInstanceProperties")];
  const { problems } = await registrationsOf({ nodes: [node(1)], faults });
  expect(problems).toEqual([expect.stringContaining("DescribeInstanceProperties failed")]);
});

test("makes no further call when every node is online", async () => {
  const { calls } = await registrationsOf({ nodes: [node(1), node(2)] });
  expect(calls).not.toHaveProperty("ssm:DescribeInstanceInformation");
});

test("confirms 50 unregistered nodes per call, and only nodes in the scope of the run", async () => {
  const nodes = Array.from({ length: 60 }, (_, index) => unregistered(index));
  const { calls, codes } = await registrationsOf({ nodes, owns: (instanceId) => instanceId !== id(0) });
  expect(calls["ssm:DescribeInstanceInformation"]).toBe(2);
  expect(new Set(codes)).toEqual(new Set(["NOT_REGISTERED_WITH_SSM"]));
});

describe("when SSM rejects a call with an unknown id", () => {
  test("finds the registered nodes by halving if few nodes are in doubt", async () => {
    const online = Array.from({ length: 500 }, (_, index) => node(100 + index));
    const nodes = [unregistered(1), node(2, { inProperties: "missing" }), node(3, { inProperties: "missing" })];
    const { codes, calls } = await registrationsOf({
      nodes: [...nodes, ...online],
      unsettled: { unregisteredIds: "refused" },
    });
    expect(codes.slice(0, 4)).toEqual(["NOT_REGISTERED_WITH_SSM", "online", "online", "online"]);
    expect(calls["ssm:DescribeInstanceInformation"]).toBeLessThan(8);
  });

  test("lists all registered nodes if that takes fewer calls, and keeps those in the scope of the run", async () => {
    const nodes = [
      ...Array.from({ length: 40 }, (_, index) => unregistered(index)),
      node(90, { inProperties: "missing" }),
      node(91),
    ];
    const owns = (instanceId: string) => instanceId !== id(91);
    const unsettled = { unregisteredIds: "refused" } as const;
    const { registrations, calls } = await registrationsOf({ nodes, unsettled, owns });
    expect([...registrations.keys()]).toEqual([id(90)]);
    expect(calls["ssm:DescribeInstanceInformation"]).toBe(2);
  });
});

test("does not report a node as unregistered when the confirming call failed, and returns the error", async () => {
  const faults = [denied("ssm:DescribeInstanceInformation")];
  const { codes, trouble } = await registrationsOf({ nodes: [unregistered(1), node(2)], faults });
  expect(codes).toEqual(["NO_REPLY", "online"]);
  expect(trouble.map(String)).toEqual([expect.stringContaining("may not call ssm:DescribeInstanceInformation")]);
});
