/** File modes, and whether they comply with "644 or more restrictive". */
export const modes: [mode: number, status: string][] = [
  [0o644, "passed"],
  [0o640, "passed"],
  [0o600, "passed"],
  [0o400, "passed"],
  [0o000, "passed"],
  [0o664, "failed"],
  [0o646, "failed"],
  [0o666, "failed"],
  [0o755, "failed"],
  [0o744, "failed"],
  [0o4644, "failed"],
  [0o2644, "failed"],
  [0o1644, "failed"],
];

/** Numeric owners, and whether they are root:root. */
export const owners: [owner: string, status: string][] = [
  ["0 0", "passed"],
  ["1000 0", "failed"],
  ["0 1000", "failed"],
  ["65534 65534", "failed"],
];
