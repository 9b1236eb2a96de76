import { KubeletRefuses } from "../domain/problems.ts";
import { type Configuration, entriesBelow } from "./configuration.ts";
import table from "./feature-gates.json" with { type: "json" };
import { isUncertain, notKnown, type Release } from "./version.ts";

/** The gates that a flag or file sets, with their values. */
export type GateStates = ReadonlyMap<string, boolean>;

interface Gate {
  stage: "A" | "B" | "G" | "D";
  on: boolean;
  /** Whether a value other than the default stops the kubelet. */
  locked: boolean;
  /** Gates that must be on if this one is on. */
  needs: readonly string[];
}

const stepSyntax = /^(?<minor>\d+):(?<stage>[ABGDx])(?<on>[+-]?)(?<lock>!?)(?:\((?<needs>[\w,]+)\))?$/;

/**
 * feature-gates.json has one line per gate, with a step for each minor that changed it: "27:A- 31:B+ 34:G+!" is alpha
 * and off since 1.27, beta and on since 1.31, generally available, on and locked since 1.34; "36:x" means unknown since
 * 1.36, and names in parentheses are the gates it needs. Source: the registration code of kubernetes pkg/features and
 * of the libraries it links; docs/kubernetes-versions.md describes how the table is made.
 */
const history = new Map(Object.entries(table).map(([name, line]) => [name, line.split(" ").map(readStep)]));

function readStep(step: string): { minor: number; gate: Gate | undefined } {
  const { minor, stage, on, lock, needs } = stepSyntax.exec(step)?.groups ?? {};
  if (stage === "x") return { minor: Number(minor), gate: undefined };
  if (stage !== "A" && stage !== "B" && stage !== "G" && stage !== "D") throw new TypeError(`Malformed step "${step}"`);
  return {
    minor: Number(minor),
    gate: { stage, on: on === "+", locked: lock === "!", needs: needs?.split(",") ?? [] },
  };
}

interface ReleaseGates {
  known: ReadonlyMap<string, Gate>;
  /** The few gates that need other gates. Only their dependencies are checked on each node. */
  dependent: readonly (readonly [name: string, gate: Gate])[];
}

const byRelease = new Map<number, ReleaseGates>();

function releaseGates(minor: number): ReleaseGates {
  const cached = byRelease.get(minor);
  if (cached) return cached;
  const known = new Map(gatesOf(minor));
  const gates = { known, dependent: [...known].filter(([, { needs }]) => needs.length > 0) };
  byRelease.set(minor, gates);
  return gates;
}

/** The gates that exist in a kubelet of this minor. */
export function knownGates(minor: number): ReadonlyMap<string, Gate> {
  return releaseGates(minor).known;
}

function gatesOf(minor: number): (readonly [string, Gate])[] {
  return [...history].flatMap(([name, steps]) => {
    const gate = steps.findLast((step) => step.minor <= minor)?.gate;
    return gate ? [[name, gate] as const] : [];
  });
}

/** AllAlpha and AllBeta with their stage. Such a gate switches every gate of its stage that nothing has set before. */
const switches = [
  ["AllAlpha", "A"],
  ["AllBeta", "B"],
] as const;

/**
 * The gates of a process. `apply` is a port of SetFromMap. AllAlpha and AllBeta set only gates that have no value yet. A
 * gate that has a value changes only when a call names it. Source: k8s.io/component-base/featuregate,
 * featureGate.SetFromMap.
 */
export class FeatureGates {
  readonly #release: Release;
  readonly #known: ReadonlyMap<string, Gate>;
  readonly #set: GateStates;

  constructor(release: Release, set: GateStates = new Map()) {
    this.#release = release;
    this.#known = knownGates(release.minor);
    this.#set = set;
  }

  isOn(name: string): boolean {
    return this.#set.get(name) ?? this.#known.get(name)?.on ?? false;
  }

  /** Returns these gates with `named` also set. Throws if the kubelet would exit. */
  apply(named: GateStates): FeatureGates {
    for (const [name, on] of named) this.#refuse(name, on);
    const set = new Map(this.#set);
    for (const [name, on] of named) set.set(name, on);
    for (const [all, stage] of switches) {
      const on = named.get(all);
      if (on === undefined) continue;
      for (const [name, gate] of this.#known) if (gate.stage === stage && !set.has(name)) set.set(name, on);
    }
    const gates = new FeatureGates(this.#release, set);
    gates.#refuseBrokenDependencies();
    return gates;
  }

  #refuse(name: string, on: boolean): void {
    const gate = this.#known.get(name);
    if (gate !== undefined && (!gate.locked || gate.on === on)) return;
    if (isUncertain(this.#release, history.has(name))) throw notKnown(`feature gate ${name}`, this.#release);
    if (gate === undefined) throw new KubeletRefuses(`unrecognized feature gate: ${name}`);
    throw new KubeletRefuses(`cannot set feature gate ${name} to ${on}, feature is locked to ${gate.on}`);
  }

  #refuseBrokenDependencies(): void {
    for (const [name, { needs }] of releaseGates(this.#release.minor).dependent) {
      const off = this.isOn(name) ? needs.filter((needed) => !this.isOn(needed)) : [];
      if (off.length > 0) {
        throw new KubeletRefuses(`feature gate ${name} is on, but depends on gates that are off: ${off.join(", ")}`);
      }
    }
  }
}

/** The gates that a configuration sets. */
export function gatesIn(configuration: Configuration): GateStates {
  return new Map(entriesBelow(configuration, "featureGates").map(([gate, { value }]) => [gate, value === true]));
}
