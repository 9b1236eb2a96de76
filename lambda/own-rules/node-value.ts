import type { Node, OsFamily } from "../domain/node.ts";
import { type Undetermined, unknownValue } from "./undetermined.ts";

/** The fields of the variable "node" and their types. */
export const nodeFields = {
  cluster: "string",
  nodeGroup: "string",
  os: "string",
  version: "string",
  instanceType: "string",
  architecture: "string",
  tags: "map<string, string>",
} as const;

type NodeFieldName = keyof typeof nodeFields;

/** The data that the variable "node" is made of. */
export interface NodeIdentity {
  os: OsFamily;
  /** Kubernetes minor version of the kubelet, for example "1.34". */
  version?: string | undefined;
  /** Absent for a file of evidence. */
  node?: Node | undefined;
}

/** The variable "node". Text that AWS does not return, such as the instance type of a hybrid node, is empty. */
export class NodeValue extends Map<string, unknown> {
  readonly #missing: (name: string) => Undetermined;

  constructor({ os, version, node }: NodeIdentity) {
    const inventory: Partial<Record<NodeFieldName, unknown>> = node
      ? {
          cluster: node.cluster,
          nodeGroup: node.group.name ?? "",
          instanceType: node.instanceType ?? "",
          architecture: node.architecture ?? "",
          tags: new Map(Object.entries(node.tags)),
        }
      : {};
    super(Object.entries({ os, ...(version !== undefined && { version }), ...inventory }));
    this.#missing = (name) =>
      unknownValue(
        `node.${name}`,
        name === "version"
          ? "the node does not report its kubelet's version"
          : "a file of evidence does not contain it",
      );
  }

  override get(name: string): unknown {
    const value = super.get(name);
    if (value === undefined && Object.hasOwn(nodeFields, name)) throw this.#missing(name);
    return value;
  }

  /** Whether the field has a value that is not empty. */
  isSet(name: string): boolean {
    const value = this.get(name);
    return value instanceof Map ? value.size > 0 : value !== undefined && value !== "";
  }
}
