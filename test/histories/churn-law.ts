import { expect } from "vitest";
import { id } from "../lambda/collect/fleet.ts";
import { playChurn } from "./churn.ts";
import { kept } from "./few-rules.ts";

/** Minutes after which a node that lives so long has findings: a late registration, and two takes of messages. */
const seenAfter = 20;

/**
 * Plays churn. Each finding is imported once as ACTIVE and once as ARCHIVED, with the content that a scheduled run publishes,
 * and the scheduled run at the end finds nothing to send.
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
