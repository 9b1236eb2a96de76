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
    "a drop-in is writable for all users",
    { file: {}, dropIns, files: { [site]: { mode: 0o666 } } },
    "failed",
    `${site} has mode 0666`,
  ],
  [
    "all users can create drop-ins in the directory",
    { file: {}, dropIns, files: { [dropInDirectory]: { mode: 0o777 } } },
    "failed",
    `${dropInDirectory} has mode 0777 but must have 0755`,
  ],
  ["all users may enter the directory", { file: {}, dropIns }, "passed", "has mode 0755"],
  [
    "a subdirectory counts too",
    { file: {}, dropIns, files: { [`${dropInDirectory}/more`]: { kind: "directory", mode: 0o775 } } },
    "failed",
    "more has mode 0775",
  ],
  ["a drop-in without a config file", { dropIns, files: { [site]: { mode: 0o600 } } }, "passed", "has mode"],
  [
    "a path that fails outweighs a path without evidence",
    { file: {}, dropIns, files: { [config]: { mode: null }, [site]: { mode: 0o666 } } },
    "failed",
    "0666",
  ],
  ["the kubelet has only flags", {}, "notAvailable", "without such a file"],
  [
    "the evidence lacks the mode of a drop-in",
    { file: {}, dropIns, files: { [site]: { mode: null } } },
    "notAvailable",
    `lacks the mode of ${site}`,
  ],
];

test.each(rows)("%s", (_, state, status, because) => {
  const verdict = verdictsOn(state)["kubelet-config-mode"];
  expect(verdict).toMatchObject({ status, because: expect.stringContaining(because) });
});
