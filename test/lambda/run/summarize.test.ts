import { describe, expect, test } from "vitest";
import type { ReasonCode } from "../../../lambda/domain/node.ts";
import type { NodeCount, Outcome } from "../../../lambda/domain/summary.ts";
import { brokenLaws, countNodes } from "../../../lambda/run/summarize.ts";
import { node as nodeOf } from "../../kit/results.ts";

const node = nodeOf();
const audited: Outcome = { node };
const unread = (code: ReasonCode): Outcome => ({ node, unreadable: { code, because: "b", fix: "f" } });

test.each([
  ["no outcomes", [], { total: 2, audited: 0, starting: 0, notAuditable: {} }],
  ["all audited", [audited, audited], { total: 2, audited: 2, starting: 0, notAuditable: {} }],
  [
    "by reason",
    [unread("NO_REPLY"), unread("NO_REPLY")],
    { total: 2, audited: 0, starting: 0, notAuditable: { NO_REPLY: 2 } },
  ],
  ["starting nodes separately", [unread("STARTING"), audited], { total: 2, audited: 1, starting: 1, notAuditable: {} }],
  [
    "an audited and an unreadable node",
    [unread("NO_KUBELET"), audited],
    { total: 2, audited: 1, starting: 0, notAuditable: { NO_KUBELET: 1 } },
  ],
])("countNodes counts %s", (_, outcomes, count) => {
  expect(countNodes(2, outcomes)).toEqual(count);
});

describe("brokenLaws", () => {
  const lawsOf = (nodes: NodeCount) => {
    const perCluster = [
      { name: "prod", nodes, starting: [], providerManaged: 0, fargateProfiles: 0, scaledToZero: [] },
    ];
    return brokenLaws({ nodes, perCluster }).map(({ name, message }) => `${name}: ${message}`);
  };
  test.each([
    ["accepts a cluster without nodes", { total: 0, audited: 0, starting: 0, notAuditable: {} }, []],
    ["accepts a complete count", { total: 3, audited: 1, starting: 0, notAuditable: { NO_REPLY: 2 } }, []],
    [
      "returns an error when a node was lost between inventory and findings",
      { total: 3, audited: 1, starting: 0, notAuditable: { NO_REPLY: 1 } },
      [
        expect.stringMatching(
          /^ConservationError: Cluster prod has 3 nodes, but the run counted 1 audited, 0 starting and {"NO_REPLY":1}/,
        ),
      ],
    ],
    [
      "returns an error when a node was counted twice",
      { total: 1, audited: 2, starting: 0, notAuditable: {} },
      [expect.stringContaining("ConservationError")],
    ],
    ["accepts nodes that are all starting", { total: 2, audited: 0, starting: 2, notAuditable: {} }, []],
    [
      "returns an error when no node was audited",
      { total: 3, audited: 0, starting: 0, notAuditable: { ACCESS_DENIED: 2, NO_REPLY: 1 } },
      ["NothingAuditedError: None of 3 nodes could be audited: 2 ACCESS_DENIED, 1 NO_REPLY."],
    ],
  ])("%s", (_, nodes, errors) => {
    expect(lawsOf(nodes)).toEqual(errors);
  });
});
