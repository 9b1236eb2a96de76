import { expect, test } from "vitest";
import gateTable from "../../../lambda/kubelet/feature-gates.json" with { type: "json" };
import { knownGates } from "../../../lambda/kubelet/feature-gates.ts";
import fieldTable from "../../../lambda/kubelet/fields.json" with { type: "json" };
import { leaves } from "../../../lambda/kubelet/fields.ts";
import { knownFlags } from "../../../lambda/kubelet/known-flags.ts";
import { everyRelease } from "../../../lambda/kubelet/version.ts";

/** Number of gates in the registration code of each minor, AllAlpha and AllBeta included. */
const gatesOfMinor = [
  [27, 149],
  [28, 154],
  [29, 162],
  [30, 169],
  [31, 167],
  [32, 179],
  [33, 191],
  [34, 208],
  [35, 218],
  [36, 242],
  [37, 254],
] as const;

test.each(gatesOfMinor)("Kubernetes 1.%i has %i feature gates", (minor, count) => {
  expect(knownGates(minor).size).toBe(count);
});

test("the steps of a gate are in the order of the minors, and each step changes the gate", () => {
  const faults = Object.entries(gateTable).filter(([, line]) => {
    const steps = line.split(" ").map((step) => step.split(":"));
    return steps.some(([minor, state], index) => {
      const [before, stateBefore] = steps[index - 1] ?? ["0", "x"];
      return Number(minor) <= Number(before) || state === stateBefore;
    });
  });
  expect(faults).toEqual([]);
});

test.each(everyRelease)(
  "Kubernetes 1.%i: the table contains the dependencies of every gate, and a gate that is on depends only on gates that are on",
  (minor) => {
    const gates = knownGates(minor);
    const broken = [...gates].filter(([, { on, needs }]) => needs.some((need) => on && gates.get(need)?.on !== true));
    const unknown = [...gates].filter(([, { needs }]) => needs.some((need) => !gates.has(need)));
    expect([broken, unknown]).toEqual([[], []]);
  },
);

test.each(everyRelease)("Kubernetes 1.%i: every flag has a known type, and its field exists", (minor) => {
  const types = "bool int int32 string strings duration ip quantity Level version taints reserved-memory vmodule";
  const maps = "mapStringBool mapStringString colonSeparatedMultimapStringString";
  const known = new Set(`${types} ${maps}`.split(" "));
  const faults = [...knownFlags(minor)].filter(
    ([, { type, field }]) => !known.has(type) || (field !== undefined && !leaves.has(field)),
  );
  expect(faults).toEqual([]);
});

test("a flag is known from its first to its last minor", () => {
  const has = (name: string) => everyRelease.filter((minor) => knownFlags(minor).has(name));
  expect(has("iptables-drop-bit")).toEqual([27, 28, 29, 30]);
  expect(has("config-dir").at(0)).toBe(28);
  expect(has("containerd").at(-1)).toBe(36);
  expect(has("housekeeping-interval")).toEqual(everyRelease);
});

test("the defaults of a field are in the order of the minors, each differs from the one before, and their gates exist", () => {
  const faults = Object.entries(fieldTable).filter(([, line]) => {
    const steps = line
      .split(" ")
      .slice(1)
      .map((step) => step.split(":", 1)[0] ?? "");
    const texts = line
      .split(" ")
      .slice(1)
      .map((step) => step.replace(/^\d+:/, ""));
    const isOrdered = steps.every((minor, index) => index === 0 || Number(minor) > Number(steps[index - 1]));
    const gate = /\((\w+)\)/.exec(line)?.[1];
    return (
      steps.length === 0 ||
      !isOrdered ||
      texts.some((text, index) => text === texts[index - 1]) ||
      (gate && !(gate in gateTable))
    );
  });
  expect(faults).toEqual([]);
});
