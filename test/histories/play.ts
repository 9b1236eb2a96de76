import { type Site, startSite } from "../lambda/collect/site.ts";
import type { Auditor } from "./auditor.ts";
import { prepareEventAuditor } from "./event-auditor.ts";
import { type Driven, historyOf } from "./events.ts";
import { sessionAuditor } from "./session-auditor.ts";
import { setStage } from "./stage.ts";
import { prepareWholeAuditor } from "./whole-auditor.ts";

type AuditorOf = (site: Site) => Auditor;

const prepare: Readonly<Record<Driven, () => Promise<AuditorOf>>> = {
  session: async () => sessionAuditor,
  whole: prepareWholeAuditor,
  instances: prepareEventAuditor,
};

const prepared = new Map<Driven, Promise<AuditorOf>>();

/** The auditor of a history, prepared once for all histories. */
function auditorFor(driven: Driven): Promise<AuditorOf> {
  const auditorOf = prepared.get(driven) ?? prepare[driven]();
  prepared.set(driven, auditorOf);
  return auditorOf;
}

/** Runs the history of a seed with at least `steps` events. Returns the wrong findings as sentences. */
export async function play(driven: Driven, seed: number, steps = 60): Promise<string[]> {
  const auditorOf = await auditorFor(driven);
  const site = await startSite({});
  try {
    const stage = setStage(site, auditorOf(site));
    const wrong: string[] = [];
    for (const [index, event] of historyOf(driven, seed, steps).entries()) {
      const found = await stage.happen(event);
      wrong.push(...found.map((each) => `after event ${index + 1}, a run: ${each}`));
    }
    wrong.push(...(await stage.end()));
    return wrong.map(
      (each) =>
        `seed ${seed}: ${each}. HISTORY_SEED=${seed} HISTORIES=1 npm run histories -- -t ${driven} plays it again`,
    );
  } finally {
    await site.aws.close();
  }
}
