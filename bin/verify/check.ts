import { MissingPermissionError } from "../../lambda/aws/missing-permission.ts";

/** Result of one check. */
export interface Check {
  name: string;
  state: "ok" | "failed" | "skipped";
  /** The observation; for a failed check also what to do. */
  seen: string;
}

/** Names of AWS errors for a call that the caller's credentials do not allow. */
const denials = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"]);

/** Runs one check. The check is skipped if the credentials do not allow a call; every other error fails it. */
export async function check(name: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, state: "ok", seen: await look() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isDenied = denials.has(error.name) || error instanceof MissingPermissionError;
    if (isDenied) return { name, state: "skipped", seen: `your credentials do not allow this check: ${error.message}` };
    return { name, state: "failed", seen: error.message };
  }
}

/** Fails the current check. */
export function fail(what: string): never {
  throw new Error(what);
}
