import type { Node } from "../domain/node.ts";
import { admissionOf } from "../domain/node-tags.ts";
import { startBell } from "./bell.ts";
import type { Listed } from "./collect.ts";
import { idsPerCommand } from "./send.ts";

/**
 * Maximum number of clusters whose nodes get a head start. The ledgers of these clusters stay open until the run has
 * queried their other nodes, and each open ledger takes memory.
 */
const mostClusters = 5;

/** The nodes that are queried while other instances are still listed. The run would otherwise send nothing meanwhile. */
export interface HeadStart {
  /** Adds nodes that are online. */
  add(nodes: readonly Node[]): void;
  /** Yields the nodes of one full command at a time until `close` is called, and then the other nodes. */
  before(others: Promise<Listed>): AsyncGenerator<Listed, void>;
  /** Ends the head start and returns the nodes that were yielded. */
  close(): ReadonlySet<Node>;
}

export function startHeadStart(): HeadStart {
  const waiting = new Map<string, { cluster: string; nodes: Node[] }>();
  const taken = new Set<Node>();
  const clusters = new Set<string>();
  const bell = startBell();
  let isOpen = true;
  /** Returns the nodes of one full command. Clusters whose nodes are already being queried take precedence. */
  const take = (): Node[] | undefined => {
    const full = [...waiting.values()].filter(({ nodes }) => nodes.length >= idsPerCommand);
    const begun = full.find(({ cluster }) => clusters.has(cluster));
    const next = begun ?? (clusters.size < mostClusters ? full[0] : undefined);
    if (!next) return undefined;
    clusters.add(next.cluster);
    return next.nodes.splice(0, idsPerCommand);
  };
  return {
    add(nodes) {
      for (const node of nodes) {
        // IAM denies the whole command if it denies one node, so the nodes of a command must have equal access.
        const key = `${node.cluster} ${admissionOf(node.tags)}`;
        const alike = waiting.get(key) ?? { cluster: node.cluster, nodes: [] };
        waiting.set(key, alike);
        alike.nodes.push(node);
      }
      bell.ring();
    },
    async *before(others) {
      while (isOpen) {
        const nodes = take();
        for (const node of nodes ?? []) taken.add(node);
        if (nodes) yield { nodes };
        else await bell.next();
      }
      yield await others;
    },
    close() {
      isOpen = false;
      bell.ring();
      return taken;
    },
  };
}
