import { startSite } from "../lambda/collect/fleet.ts";
import { type Driven, historyOf } from "./events.ts";
import { sessionAuditor } from "./session-auditor.ts";
import { setStage } from "./stage.ts";
import { prepareWholeAuditor } from "./whole-auditor.ts";

let prepared: ReturnType<typeof prepareWholeAuditor> | undefined;
const wholeAuditor = () => (prepared ??= prepareWholeAuditor());

/** Plays the history of a seed with at least `steps` events; returns the wrong findings at its end as sentences. */
export async function play(driven: Driven, seed: number, steps = 60): Promise<string[]> {
  const auditorOf = driven === "whole" ? await wholeAuditor() : sessionAuditor;
  const site = await startSite({});
  try {
    const stage = setStage(site, auditorOf(site));
    for (const event of historyOf(driven, seed, steps)) await stage.happen(event);
    const wrong = await stage.end();
    return wrong.map(
      (each) =>
        `seed ${seed}: ${each}. HISTORY_SEED=${seed} HISTORIES=1 npm run histories -- -t ${driven} plays it again`,
    );
  } finally {
    await site.aws.close();
  }
}
