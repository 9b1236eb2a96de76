import { MissingPermissionError } from "../../lambda/aws/missing-permission.ts";

/** One line of the check list. */
export interface Check {
  name: string;
  state: "ok" | "failed" | "skipped";
  /** What was seen; of a failed check also what to do. */
  seen: string;
}

/** AWS's names for a call that the caller may not make. */
const denials = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"]);

/** Runs one check. A call that the caller may not make skips it; every other error fails it. */
export async function check(name: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, state: "ok", seen: await look() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isDenied = denials.has(error.name) || error instanceof MissingPermissionError;
    if (isDenied) return { name, state: "skipped", seen: `your credentials do not allow it: ${error.message}` };
    return { name, state: "failed", seen: error.message };
  }
}

/** What was seen is not what a working deployment shows. */
export function fail(what: string): never {
  throw new Error(what);
}
