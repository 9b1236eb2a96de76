import { historyOf } from "./events.ts";
import { setStage, startHistory } from "./stage.ts";

/** Events of a history, at least. */
export const steps = 60;

/** Plays the history of a seed; returns what is untrue at its end. */
export async function play(seed: number): Promise<string[]> {
  const site = await startHistory();
  try {
    const stage = await setStage(site);
    for (const event of historyOf(seed, steps)) await stage.happen(event);
    const wrong = await stage.end();
    return wrong.map(
      (each) => `seed ${seed}: ${each}. HISTORY_SEED=${seed} HISTORIES=1 npm run histories plays it again`,
    );
  } finally {
    await site.aws.close();
  }
}
