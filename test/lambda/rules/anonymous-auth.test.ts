import { expect, test } from "vitest";
import { type NodeState, verdictsOn } from "../../node-state.ts";

const on = { authentication: { anonymous: { enabled: true } } };
const off = { authentication: { anonymous: { enabled: false } } };

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  [
    "a config file without the setting refuses anonymous requests",
    { file: {} },
    "passed",
    "default with a config file",
  ],
  ["a kubelet without a config file accepts anonymous requests", {}, "failed", "default without a config file"],
  ["drop-ins alone do not change the old default", { dropIns: { "a.conf": {} } }, "failed", "without a config file"],
  [
    "the config file accepts anonymous requests",
    { file: on },
    "failed",
    "true because /etc/kubernetes/kubelet/config.json",
  ],
  [
    "a drop-in accepts anonymous requests",
    { file: off, dropIns: { "a.conf": on } },
    "failed",
    "it overrides false from",
  ],
  [
    "a flag overrides the file and refuses anonymous requests",
    { file: on, flags: ["--anonymous-auth=f"] },
    "passed",
    "--anonymous-auth=f (flag)",
  ],
  [
    "the last of two flags accepts anonymous requests",
    { flags: ["--anonymous-auth=0", "--anonymous-auth"] },
    "failed",
    "(flag)",
  ],
  ["1.28 ignores the false of a drop-in", { version: "1.28", file: on, dropIns: { "a.conf": off } }, "failed", "true"],
  ["1.29 obeys the false of a drop-in", { version: "1.29", file: on, dropIns: { "a.conf": off } }, "passed", "false"],
];

test.each(rows)("%s", (_, state, status, because) => {
  const verdict = verdictsOn(state)["anonymous-auth"];
  expect(verdict).toMatchObject({ status, value: status === "failed", because: expect.stringContaining(because) });
});
