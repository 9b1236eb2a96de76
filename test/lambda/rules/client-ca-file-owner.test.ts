import { expect, test } from "vitest";
import { caFile, type NodeState, verdictsOn } from "../../node-state.ts";

const file = { authentication: { x509: { clientCAFile: caFile } } };
const owned = (owner: string) => ({ file, files: { [caFile]: { owner } } });

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["root owns the file", owned("0 0"), "passed", "has owner 0:0"],
  ["another user owns the file", owned("1000 0"), "failed", "has owner 1000:0 but must have 0:0"],
  ["another group owns the file", owned("0 998"), "failed", "has owner 0:998"],
  ["no client CA is configured", { file: {} }, "notAvailable", "without such a file"],
  ["the evidence lacks the owner", { file, files: { [caFile]: { mode: null } } }, "notAvailable", "lacks the owner"],
];

test.each(rows)("%s", (_, state, status, because) => {
  expect(verdictsOn(state)["client-ca-file-owner"]).toMatchObject({
    status,
    because: expect.stringContaining(because),
  });
});
