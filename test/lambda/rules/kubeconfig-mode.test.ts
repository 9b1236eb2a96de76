import { expect, test } from "vitest";
import { kubeconfig, verdictsOn } from "../../node-state.ts";
import { modes } from "./modes.rows.ts";

const flags = [`--kubeconfig=${kubeconfig}`];
const bootstrapped = [...flags, "--bootstrap-kubeconfig=/etc/bootstrap"];
const octal = (mode: number) => mode.toString(8).padStart(4, "0");

test.each(modes.map(([mode, status]) => [octal(mode), status, mode] as const))("%s: %s", (shown, status, mode) => {
  const verdict = verdictsOn({ flags, files: { [kubeconfig]: { mode } } })["kubeconfig-mode"];
  expect(verdict).toMatchObject({ status, value: shown, from: kubeconfig });
});

test.each([
  ["without --kubeconfig the rule does not apply", { flags: ["--kubeconfig="] }, {}, "NOT_APPLICABLE"],
  [
    "a missing file has no mode",
    { flags: bootstrapped, files: { [kubeconfig]: { kind: "missing" } } },
    {},
    "NOT_APPLICABLE",
  ],
  ["Windows has no modes", { flags, files: { [kubeconfig]: { mode: 0o666 } } }, { os: "windows" }, "NOT_APPLICABLE"],
  ["the evidence lacks the mode", { flags, files: { [kubeconfig]: { mode: null } } }, {}, "EVIDENCE_INCOMPLETE"],
  ["the evidence lacks the file", { flags: ["--kubeconfig=/elsewhere"] }, {}, "EVIDENCE_INCOMPLETE"],
] as const)("%s", (_, state, input, reason) => {
  expect(verdictsOn(state, input)["kubeconfig-mode"]).toMatchObject({ status: "notAvailable", reason });
});
