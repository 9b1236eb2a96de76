import { expect, test } from "vitest";
import { caFile, type NodeState, verdictsOn } from "../../node-state.ts";
import { modes } from "./modes.rows.ts";

const file = { authentication: { x509: { clientCAFile: caFile } } };

test.each(modes)("mode %o %s", (mode, status) => {
  const verdict = verdictsOn({ file, files: { [caFile]: { mode } } })["client-ca-file-mode"];
  expect(verdict).toMatchObject({ status, from: caFile });
});

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  ["the mode of a file that the flag names", { flags: [`--client-ca-file=${caFile}`] }, "passed", "has mode 0644"],
  ["no client CA is configured", { file: {} }, "notAvailable", "without such a file"],
  ["the evidence lacks the mode", { file, files: { [caFile]: { mode: null } } }, "notAvailable", "lacks the mode"],
];

test.each(rows)("%s", (_, state, status, because) => {
  expect(verdictsOn(state)["client-ca-file-mode"]).toMatchObject({ status, because: expect.stringContaining(because) });
});
