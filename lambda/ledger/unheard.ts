import { inParallel } from "../aws/parallel.ts";
import type { Node } from "../domain/node.ts";
import { type LedgerStore, readLedger } from "./store.ts";

/** Ledgers read at the same time. */
const ledgersAtOnce = 10;

/** Nodes up to which those of all clusters are put in one order. Each open ledger takes memory, so in larger fleets clusters stay together. */
const mixedNodes = 5_000;

interface ClusterNodes {
  cluster: { name: string };
  nodes: readonly Node[];
}

/** Before any time: a node that no run has audited. */
const never = Number.NEGATIVE_INFINITY;

/**
 * The nodes in the order in which they are to be asked: never audited, longest unread, and then those that were read last
 * time. When a run has too little time for all, other nodes are left out than in the run before.
 */
export async function leastHeardFirst(store: LedgerStore, clusters: readonly ClusterNodes[]): Promise<Node[]> {
  const total = clusters.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const ordered = await inParallel(ledgersAtOnce, clusters, async ({ cluster: { name }, nodes }): Promise<Ranked[]> => {
    // A ledger that cannot be read says nothing about the order; it is reported when the nodes are reconciled.
    const found = await readLedger(store, name).catch(() => undefined);
    if (!found || !("ledger" in found)) return nodes.map((node) => ({ node, since: never }));
    const since = ({ instanceId }: Node) => {
      const known = found.ledger.get(instanceId);
      return known ? (known.unreadSince ?? Number.POSITIVE_INFINITY) : never;
    };
    return sorted(nodes.map((node) => ({ node, since: since(node) })));
  });
  const clustersFirst = ordered.toSorted((one, other) => unheard(other) - unheard(one)).flat();
  return (total <= mixedNodes ? sorted(clustersFirst) : clustersFirst).map(({ node }) => node);
}

interface Ranked {
  node: Node;
  /** Since when it has not been read, epoch milliseconds; infinite if it was read last time. */
  since: number;
}

function unheard(nodes: readonly Ranked[]): number {
  return nodes.filter(({ since }) => since !== Number.POSITIVE_INFINITY).length;
}

function sorted(nodes: readonly Ranked[]): Ranked[] {
  // Subtraction of two infinities is not a number.
  return nodes.toSorted((one, other) => (one.since === other.since ? 0 : one.since < other.since ? -1 : 1));
}
