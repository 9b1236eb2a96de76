import { expect } from "vitest";
import { id } from "../kit/nodes.ts";
import { playChurn } from "./churn.ts";
import { kept } from "./few-rules.ts";

/** Minutes after which every node has findings: the latest registration and two polls of the queue are over by then. */
const seenAfter = 20;

/**
 * Simulates churn and checks three things. Each finding is imported once as ACTIVE and, if its node ends, once as
 * ARCHIVED. Its content equals that of a scheduled run. The scheduled run at the end sends nothing.
 */
export async function expectOnlyImportsOfRuns(churn: Parameters<typeof playChurn>[0]): Promise<void> {
  const { lives, imports, imported, published, control, trouble, givenUp } = await playChurn(churn);
  expect({ imported, trouble, givenUp }).toEqual({ imported: 0, trouble: [], givenUp: 0 });
  expect(published).toEqual(control);
  const byNode = Map.groupBy(imports, ([findingId]) => findingId.split("/").at(-1));
  for (const [number, { startsAt, endsAt }] of lives.entries()) {
    const states = (byNode.get(id(number)) ?? []).map(([, each]) => each.join());
    const isEnded = endsAt < churn.hours * 60;
    const all = kept.map(() => (isEnded ? "ACTIVE,ARCHIVED" : "ACTIVE"));
    if (isEnded && endsAt - startsAt < seenAfter) expect([[], all]).toContainEqual(states);
    else expect(states).toEqual(all);
  }
}
