import { inject } from "vitest";
import { outside } from "./simulated-time.ts";
import type { Deployment } from "./synthesis.ts";

/** CDK output directory of a deployment. All test files share the directory, so copy it before you change it. */
export async function cdkOutOf(deployment: Deployment): Promise<string> {
  return await outside(async () => {
    const response = await fetch(`${inject("synthesis")}/${deployment}`);
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  });
}
