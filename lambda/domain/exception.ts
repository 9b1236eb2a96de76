/** A failure that somebody accepts until a day. */
export interface Exception {
  rule: string;
  /** Everything that is named has to match. */
  scope: {
    cluster?: string | undefined;
    /** Managed node group, Karpenter node pool or, for self-managed nodes, what starts them. */
    nodeGroup?: string | undefined;
    /** Instance id. */
    instance?: string | undefined;
    /** "key=value" of the instance. */
    tag?: string | undefined;
  };
  reason: string;
  /** The last day on which it applies, in UTC: "2027-03-31". */
  until: string;
}
