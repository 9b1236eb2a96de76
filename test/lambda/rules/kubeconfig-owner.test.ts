import { expect, test } from "vitest";
import { kubeconfig, verdictsOn } from "../../node-state.ts";
import { owners } from "./modes.rows.ts";

const flags = [`--kubeconfig=${kubeconfig}`];

test.each(owners)("user and group %s: %s", (owner, status) => {
  const verdict = verdictsOn({ flags, files: { [kubeconfig]: { owner } } })["kubeconfig-owner"];
  expect(verdict).toMatchObject({ status, value: owner.replace(" ", ":"), from: kubeconfig });
});

test.each([
  ["without --kubeconfig the rule does not apply", { flags: ["--kubeconfig="] }, {}, "NOT_APPLICABLE"],
  ["Windows has no POSIX owners", { flags, files: { [kubeconfig]: {} } }, { os: "windows" }, "NOT_APPLICABLE"],
  ["the evidence lacks the owner", { flags, files: { [kubeconfig]: { mode: null } } }, {}, "EVIDENCE_INCOMPLETE"],
] as const)("%s", (_, state, input, reason) => {
  expect(verdictsOn(state, input)["kubeconfig-owner"]).toMatchObject({ status: "notAvailable", reason });
});
