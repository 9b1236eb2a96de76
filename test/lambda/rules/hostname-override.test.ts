import { expect, test } from "vitest";
import { node } from "../../kit/results.ts";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const instance = node({ instanceId: "i-0123456789abcdef0", privateDnsName: "ip-10-0-0-7.ec2.internal" });
const named = (name: string): NodeState => ({ file: {}, flags: [`--hostname-override=${name}`] });

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["without the flag", { file: {} }, "passed", "is started without --hostname-override"],
  ["the private DNS name", named("ip-10-0-0-7.ec2.internal"), "passed", "is a name of the instance"],
  ["the instance id", named("i-0123456789abcdef0"), "passed", "is a name of the instance"],
  [
    "the name in capital letters and with blanks, which the kubelet removes",
    named(" IP-10-0-0-7.ec2.internal "),
    "passed",
    "is a name",
  ],
  ["an empty value", named(""), "passed", "has no effect"],
  ["another name", named("master-1"), "failed", "The names of the instance are i-0123456789abcdef0 and ip-10-0-0-7"],
  ["the name of another instance", named("ip-10-0-0-8.ec2.internal"), "failed", "ip-10-0-0-8"],
  [
    "the last of several flags",
    { flags: ["--hostname-override=x", "--hostname_override", instance.instanceId] },
    "passed",
    "is a",
  ],
];

test.each(rows)("%s", (_, state, status, because) => {
  const verdict = verdictsOn(state, { node: instance })["hostname-override"];
  expect(verdict).toMatchObject({ status, because: expect.stringContaining(because) });
});

test.each([
  ["saved evidence has no instance", {}],
  ["EC2 returned no private DNS name", { node: node() }],
])("has no verdict on a name if %s", (_, input) => {
  const verdict = verdictsOn(named("ip-10-0-0-7.ec2.internal"), input)["hostname-override"];
  expect(verdict).toMatchObject({ status: "notAvailable", reason: "EVIDENCE_INCOMPLETE" });
});

test("a name with control characters appears escaped", () => {
  expect(verdictsOn(named("a\u001b[2Jb"), { node: instance })["hostname-override"]?.because).toContain("\\u001b");
});
