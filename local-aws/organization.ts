/** An organization's accounts, as a tree of organizational units. */
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
  /** "ACTIVE" when left out. */
  state?: "ACTIVE" | "SUSPENDED" | "PENDING_CLOSURE" | "CLOSED";
}

/** The unit of that id in or below `unit`. */
export function findUnit(unit: Unit, id: string): Unit | undefined {
  if (unit.id === id) return unit;
  return unit.units?.map((child) => findUnit(child, id)).find((found) => found !== undefined);
}

/** Every account in or below `unit`. */
export function accountsBelow(unit: Unit): Account[] {
  return [...unit.accounts, ...(unit.units ?? []).flatMap(accountsBelow)];
}
