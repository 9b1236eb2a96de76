import { describe, expect, test } from "vitest";
import { explainStatus, gone, noInvocation, notHeard, whyNotAsked } from "../../../lambda/collect/replies.ts";
import type { NodeGroup } from "../../../lambda/domain/node.ts";
import { node as nodeOf } from "../../kit/results.ts";

const node = (kind: NodeGroup["kind"]) => nodeOf({ group: { kind, name: "general" } });

describe("every status of a command has a code, a sentence and a fix", () => {
  test.each([
    ["Pending", "NO_REPLY"],
    ["InProgress", "NO_REPLY"],
    ["In Progress", "NO_REPLY"],
    ["Delayed", "NO_REPLY"],
    ["Delivery Timed Out", "DELIVERY_TIMED_OUT"],
    ["DeliveryTimedOut", "DELIVERY_TIMED_OUT"],
    ["Execution Timed Out", "EXECUTION_TIMED_OUT"],
    ["ExecutionTimedOut", "EXECUTION_TIMED_OUT"],
    ["TimedOut", "EXECUTION_TIMED_OUT"],
    ["Failed", "COMMAND_FAILED"],
    ["Canceled", "COMMAND_CANCELLED"],
    ["Cancelled", "COMMAND_CANCELLED"],
    ["Cancelling", "COMMAND_CANCELLED"],
    ["Undeliverable", "UNDELIVERABLE"],
    ["Terminated", "COMMAND_TERMINATED"],
    ["Invalid Platform", "INVALID_PLATFORM"],
    ["InvalidPlatform", "INVALID_PLATFORM"],
    ["Access Denied", "ACCESS_DENIED"],
    ["AccessDenied", "ACCESS_DENIED"],
    ["Rate Exceeded", "COMMAND_CANCELLED"],
    ["Something New", "COMMAND_FAILED"],
    ["constructor", "COMMAND_FAILED"],
    ["", "COMMAND_FAILED"],
  ])("%s", (details, code) => {
    const unreadable = explainStatus(details, node("managed node group"));
    expect(unreadable.code).toBe(code);
    expect(unreadable.because).toMatch(/^[A-Z].*\.$/);
    expect(unreadable.fix).toMatch(/^[A-Z].*\.$/);
  });

  test.each([
    ["an instance that is gone", gone, "INSTANCE_GONE"],
    ["a failed call of the auditor", notHeard("The command could not be sent."), "NO_REPLY"],
    ["a command without an invocation", noInvocation(undefined), "NO_REPLY"],
  ])("%s", (_, { code, because, fix }, expected) => {
    expect(code).toBe(expected);
    expect([because, fix]).toEqual([expect.stringMatching(/^[A-Z].*\.$/), expect.stringMatching(/^[A-Z].*\.$/)]);
  });

  test("quotes an unknown status as SSM spells it", () => {
    expect(explainStatus("Something New", node("managed node group")).because).toContain('"Something New"');
  });

  test.each([
    ["managed node group", "eks:cluster-name"],
    ["Karpenter node pool", "karpenter.sh/nodepool"],
    ["self-managed", 'Add "prod" to the setting selfManagedClusters'],
    ["hybrid", "Deploy with the setting hybrid"],
  ] as const)("the fix for denied access to a node of a %s names the tag or the setting", (kind, fix) => {
    expect(explainStatus("AccessDenied", node(kind)).fix).toContain(fix);
  });

  test("the fix for denied access to a node with only the tag of EKS names the missing tag", () => {
    const tag = "kubernetes.io/cluster/prod";
    const fixes = [{ "aws:eks:cluster-name": "prod" }, { [tag]: "owned" }].map((tags) => {
      return explainStatus("AccessDenied", { ...node("self-managed"), tags }).fix;
    });
    expect(fixes).toEqual([expect.stringContaining(`the tag ${tag} to`), expect.not.stringContaining(tag)]);
  });
});

describe("whyNotAsked returns", () => {
  test.each([
    ["a code for an unregistered node", undefined, "NOT_REGISTERED_WITH_SSM"],
    [
      "a code for a node that lost its connection",
      { PlatformType: "Linux", PingStatus: "ConnectionLost" },
      "SSM_CONNECTION_LOST",
    ],
    [
      "a code for a node with an inactive agent",
      { PlatformType: "Linux", PingStatus: "Inactive" },
      "SSM_AGENT_OFFLINE",
    ],
    ["a code for a macOS node that is online", { PlatformType: "MacOS", PingStatus: "Online" }, "UNSUPPORTED_OS"],
    ["nothing for a Linux node that is online", { PlatformType: "Linux", PingStatus: "Online" }, undefined],
    ["nothing for a Windows node that is online", { PlatformType: "Windows", PingStatus: "Online" }, undefined],
  ] as const)("%s", (_, registration, code) => {
    expect(whyNotAsked(registration)?.code).toBe(code);
  });
});

test("offers the instance profile and Default Host Management Configuration to an unregistered node", () => {
  expect(whyNotAsked(undefined)?.fix).toMatch(/AmazonSSMManagedInstanceCore.+Default Host Management Configuration/);
});
