import { hash } from "node:crypto";
import { inParallel } from "../aws/parallel.ts";
import type { Node } from "../domain/node.ts";
import { type LedgerStore, readLedger } from "./store.ts";

/** Ledgers read at the same time. */
const ledgersAtOnce = 10;

/**
 * Maximum number of nodes that are put in one order across clusters. With more nodes, the nodes of a cluster stay
 * together, because each open ledger takes memory.
 */
const mixedNodes = 5_000;

interface ClusterNodes {
  cluster: { name: string };
  nodes: readonly Node[];
}

/**
 * The nodes in the order in which they are to be queried. Nodes that no run has audited come first. After them, nodes
 * that the last run could not read alternate with nodes that it read. A run with too little time for all nodes
 * therefore omits other nodes than the run before. Unreadable nodes are shuffled in each run, because the ledger does
 * not distinguish a node that never replies from a node that the run had no time for. In a fixed order, thousands of
 * nodes that never reply would always come first.
 */
export async function leastHeardFirst(store: LedgerStore, clusters: readonly ClusterNodes[]): Promise<Node[]> {
  const total = clusters.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const ordered = await inParallel(ledgersAtOnce, clusters, async ({ cluster: { name }, nodes }): Promise<Known> => {
    // Without a readable ledger, all nodes count as new. The error is reported when the findings are planned.
    const found = await readLedger(store, name).catch(() => undefined);
    if (!found || !("ledger" in found)) return { name, fresh: nodes, unread: [], read: [] };
    const {
      fresh = [],
      unread = [],
      read = [],
    } = Object.groupBy(nodes, ({ instanceId }) => {
      const known = found.ledger.get(instanceId);
      if (!known) return "fresh";
      return known.unreadSince === undefined ? "read" : "unread";
    });
    return { name, fresh, unread, read };
  });
  const draw = drawOf(store.now());
  if (total <= mixedNodes) return inOrder(together(ordered), draw);
  const { fresh = [], known = [] } = Object.groupBy(ordered, ({ fresh }) => (fresh.length > 0 ? "fresh" : "known"));
  return [...fresh, ...drawn(known, ({ name }) => name, draw)].flatMap((cluster) => inOrder(cluster, draw));
}

/** Nodes by their state in the ledgers. */
interface Groups {
  fresh: readonly Node[];
  unread: readonly Node[];
  read: readonly Node[];
}

interface Known extends Groups {
  /** Name of the cluster. */
  name: string;
}

function together(clusters: readonly Known[]): Groups {
  return {
    fresh: clusters.flatMap(({ fresh }) => fresh),
    unread: clusters.flatMap(({ unread }) => unread),
    read: clusters.flatMap(({ read }) => read),
  };
}

function inOrder({ fresh, unread, read }: Groups, draw: Draw): Node[] {
  const shuffled = drawn(unread, ({ instanceId }) => instanceId, draw);
  const pairs = Math.min(shuffled.length, read.length);
  const inTurn = shuffled.slice(0, pairs).flatMap((node, index) => [node, ...read.slice(index, index + 1)]);
  return [...fresh, ...inTurn, ...shuffled.slice(pairs), ...read.slice(pairs)];
}

/** Returns a pseudo-random text for a name. It differs in each run. */
type Draw = (name: string) => string;

function drawOf(moment: number): Draw {
  return (name) => hash("sha256", `${moment} ${name}`);
}

function drawn<Member>(members: readonly Member[], nameOf: (member: Member) => string, draw: Draw): Member[] {
  return members
    .map((member) => ({ member, place: draw(nameOf(member)) }))
    .sort((one, other) => (one.place < other.place ? -1 : 1))
    .map(({ member }) => member);
}
