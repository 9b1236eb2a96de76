import type { Setting } from "../domain/setting.ts";
import type { Checked } from "./checks/check.ts";
import { type Configuration, entriesBelow, type Json, type JsonObject, type Source, textAt } from "./configuration.ts";
import { running, served } from "./configz.ts";
import type { Declared } from "./declarations.ts";
import { toJson, zeroOf } from "./encode.ts";
import { explain } from "./explain.ts";
import { leaves } from "./fields.ts";
import { type PlainJson, type PlainObject, plainJson, plainObject } from "./plain-json.ts";

/** Every field of a kubelet's configuration. Each method computes its result when it is called. */
export class WholeConfiguration {
  readonly #checked: Checked;
  readonly #declared: Declared;
  readonly #unsaid: Source;
  #running: Configuration | undefined;

  constructor(checked: Checked, declared: Declared, unsaid: Source) {
    this.#checked = checked;
    this.#declared = declared;
    this.#unsaid = unsaid;
  }

  /** The object under `kubeletconfig` that the kubelet serves at /configz. */
  configz(): PlainObject {
    return plainObject(this.served());
  }

  /** The object of `configz` with the origin of each member. */
  served(): JsonObject {
    return served(this.#configuration(), this.#checked.release.minor, this.#unsaid);
  }

  /** The minor version whose fields the configuration has. */
  get minor(): number {
    return this.#checked.release.minor;
  }

  /** Fields for which the node itself shows another value, by path, with the reason. */
  undetermined(): ReadonlyMap<string, string> {
    const configuration = this.#configuration();
    const undetermined = new Map<string, string>();
    if (this.minor >= 35) undetermined.set("cgroupDriver", runtimesDriver);
    if (textAt(configuration, "staticPodURL") !== "") undetermined.set("staticPodURL", secret);
    if (entriesBelow(configuration, "staticPodURLHeader").length > 0) undetermined.set("staticPodURLHeader", secret);
    return undetermined;
  }

  /** Notes for a reader of the configuration. */
  remarks(): string[] {
    const undetermined = this.undetermined();
    const held = ["staticPodURL", "staticPodURLHeader"].filter((path) => undetermined.has(path));
    return [
      ...(undetermined.has("cgroupDriver") ? [`cgroupDriver is shown as configured; ${runtimesDriver}`] : []),
      ...held.map((path) => `${path} is shown as "withheld", which is not its value: ${secret}`),
    ];
  }

  /**
   * Each field with its origin, keyed by path, or only those that a file or flag sets. The path of a map entry is the
   * path of the map and the entry's key.
   */
  settings(fields: "every field" | "set fields" = "every field"): ReadonlyMap<string, Setting<PlainJson>> {
    const configuration = this.#configuration();
    const settings = new Map<string, Setting<PlainJson>>();
    const add = (path: string, json: Json) => {
      const from = configuration.get(path)?.from ?? this.#unsaid;
      if (fields === "set fields" && from.layer === "default") return;
      settings.set(path, explain(plainJson(json), from, this.#declared(path)));
    };
    for (const field of leaves.values()) {
      if (field.since > this.#checked.release.minor) continue;
      const { path, shape } = field;
      const entry = configuration.get(path);
      const entries = shape.startsWith("map") ? entriesBelow(configuration, path) : [];
      for (const [key, { value }] of entries) add(`${path}.${key}`, toJson(value));
      if (entries.length === 0) add(path, entry ? toJson(entry.value) : zeroOf(field));
    }
    return settings;
  }

  #configuration(): Configuration {
    this.#running ??= running(this.#checked);
    return this.#running;
  }
}

/** Source: kubernetes cmd/kubelet/app/server.go run, getCgroupDriverFromCRI. */
const runtimesDriver = "from Kubernetes 1.35 on the kubelet serves the driver that its container runtime reports";

const secret = "the collector withholds it, because it can carry credentials";
