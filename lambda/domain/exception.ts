/** A failed verdict that the customer accepts until a date. */
export interface Exception {
  rule: string;
  /** All fields that are present have to match. */
  scope: {
    cluster?: string | undefined;
    /**
     * Name of the managed node group or Karpenter node pool. For self-managed nodes, the name of the eksctl node group
     * or Auto Scaling group.
     */
    nodeGroup?: string | undefined;
    /** Instance id. */
    instance?: string | undefined;
    /** A tag of the instance as "key=value". */
    tag?: string | undefined;
  };
  reason: string;
  /** The last day of the exception in UTC, for example "2027-03-31". */
  until: string;
}
