import { expect, test } from "vitest";
import { config, dropInDirectory, type NodeState, verdictsOn } from "../../node-state.ts";
import { owners } from "./modes.rows.ts";

const dropIns = { "90-site.conf": {} };
const site = `${dropInDirectory}/90-site.conf`;

test.each(owners)("user and group %s of the file: %s", (owner, status) => {
  const verdict = verdictsOn({ file: {}, files: { [config]: { owner } } })["kubelet-config-owner"];
  expect(verdict).toMatchObject({ status, value: owner.replace(" ", ":"), from: config });
});

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  [
    "a drop-in of another user",
    { file: {}, dropIns, files: { [site]: { owner: "1000 1000" } } },
    "failed",
    `${site} has owner 1000:1000`,
  ],
  [
    "a directory of another user",
    { file: {}, dropIns, files: { [dropInDirectory]: { owner: "0 1000" } } },
    "failed",
    `${dropInDirectory} has owner 0:1000`,
  ],
  ["every path belongs to root", { file: {}, dropIns }, "passed", "has owner 0:0"],
  ["the kubelet has only flags", {}, "notAvailable", "without such a file"],
];

test.each(rows)("%s", (_, state, status, because) => {
  const verdict = verdictsOn(state)["kubelet-config-owner"];
  expect(verdict).toMatchObject({ status, because: expect.stringContaining(because) });
});
