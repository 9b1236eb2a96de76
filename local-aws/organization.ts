/** An AWS organization: a tree of organizational units with accounts. */
export interface Organization {
  /** For example "o-a1b2c3d4e5". */
  id: string;
  managementAccount: string;
  root: Unit;
}

/** The root ("r-…") or an organizational unit ("ou-…"). */
export interface Unit {
  id: string;
  accounts: Account[];
  units?: Unit[];
}

export interface Account {
  id: string;
  /** Default: "ACTIVE". */
  state?: "ACTIVE" | "SUSPENDED" | "PENDING_CLOSURE" | "CLOSED";
}

/** Finds a unit by id: `unit` itself or one below it. */
export function findUnit(unit: Unit, id: string): Unit | undefined {
  if (unit.id === id) return unit;
  return unit.units?.map((child) => findUnit(child, id)).find((found) => found !== undefined);
}

/** Every account in or below `unit`. */
export function accountsBelow(unit: Unit): Account[] {
  return [...unit.accounts, ...(unit.units ?? []).flatMap(accountsBelow)];
}
