import type { ClusterInventory } from "../domain/capacity.ts";
import type { Node } from "../domain/node.ts";
import type { Owns } from "../domain/scope.ts";
import type { ClusterBatch } from "../domain/seen.ts";

export interface RollCall {
  /**
   * Marks these nodes as processed and returns their batches by cluster. Clusters without nodes are returned with the
   * last nodes.
   */
  call(nodes: Iterable<Node>): ClusterBatch[];
  /** Number of nodes that have not been processed yet. */
  left(): number;
}

/**
 * Ensures that every node and every cluster is processed exactly once. `owns` decides which subjects the run covers.
 */
export function startRollCall(clusters: readonly ClusterInventory[], owns: Owns): RollCall {
  const waiting = new Map(clusters.map((inventory) => [inventory, inventory.nodes.length]));
  const byName = new Map(clusters.map((inventory) => [inventory.cluster.name, inventory]));
  const left = () => [...waiting.values()].reduce((sum, count) => sum + count, 0);
  return {
    left,
    call(nodes) {
      const present = Map.groupBy(nodes, ({ cluster }) => byName.get(cluster));
      for (const [inventory, { length }] of present) {
        if (inventory) waiting.set(inventory, (waiting.get(inventory) ?? 0) - length);
      }
      const isOver = left() === 0;
      return [...waiting].flatMap(([inventory, count]): ClusterBatch[] => {
        const members = present.get(inventory) ?? [];
        const isLast = count === 0 && (members.length > 0 || isOver);
        if (isLast) waiting.delete(inventory);
        if (members.length === 0 && !isLast) return [];
        return [{ inventory, nodes: members, isLast, owns: answersFor(inventory, members, isLast, owns) }];
      });
    },
  };
}

function answersFor({ nodes }: ClusterInventory, members: readonly Node[], isLast: boolean, owns: Owns): Owns {
  const own = new Set(members.map(({ instanceId }) => instanceId));
  if (!isLast) return (id) => own.has(id);
  const all = new Set(nodes.map(({ instanceId }) => instanceId));
  return (id) => own.has(id) || (!all.has(id) && owns(id));
}
