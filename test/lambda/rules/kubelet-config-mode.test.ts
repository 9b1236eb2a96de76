import { expect, test } from "vitest";
import { config, dropInDirectory, type NodeState, verdictsOn } from "../../node-state.ts";
import { modes } from "./modes.rows.ts";

const octal = (mode: number) => mode.toString(8).padStart(4, "0");
const dropIns = { "40-nodeadm.conf": {}, "90-site.conf": {} };
const site = `${dropInDirectory}/90-site.conf`;

test.each(modes.map(([mode, status]) => [octal(mode), status, mode] as const))(
  "the file, %s: %s",
  (shown, status, mode) => {
    const verdict = verdictsOn({ file: {}, files: { [config]: { mode } } })["kubelet-config-mode"];
    expect(verdict).toMatchObject({ status, value: shown, from: config });
  },
);

const rows: [title: string, state: NodeState, status: string, because: string][] = [
  [
    "a drop-in that everybody can write",
    { file: {}, dropIns, files: { [site]: { mode: 0o666 } } },
    "failed",
    `${site} has mode 0666`,
  ],
  [
    "a directory in which everybody can create one",
    { file: {}, dropIns, files: { [dropInDirectory]: { mode: 0o777 } } },
    "failed",
    `${dropInDirectory} has mode 0777 where 0755`,
  ],
  ["a directory may be entered by all", { file: {}, dropIns }, "passed", "has mode 0755"],
  [
    "a directory below counts too",
    { file: {}, dropIns, files: { [`${dropInDirectory}/more`]: { kind: "directory", mode: 0o775 } } },
    "failed",
    "more has mode 0775",
  ],
  ["a drop-in without a config file", { dropIns, files: { [site]: { mode: 0o600 } } }, "passed", "has mode"],
  [
    "one that breaks it outweighs one that is not known",
    { file: {}, dropIns, files: { [config]: { mode: null }, [site]: { mode: 0o666 } } },
    "failed",
    "0666",
  ],
  ["flags alone", {}, "notAvailable", "without such a file"],
  [
    "a mode that the evidence lacks",
    { file: {}, dropIns, files: { [site]: { mode: null } } },
    "notAvailable",
    `does not tell the mode of ${site}`,
  ],
];

test.each(rows)("%s", (_, state, status, because) => {
  const verdict = verdictsOn(state)["kubelet-config-mode"];
  expect(verdict).toMatchObject({ status, because: expect.stringContaining(because) });
});
