import type { Result } from "../../lambda/domain/result.ts";
import { plain } from "../../lambda/text.ts";
import { type CheckOptions, exitCodeOf, judgeEvidence, ruleProblems } from "./check.ts";
import { readEvidenceFile } from "./evidence-file.ts";
import type { Format } from "./formats/format.ts";
import type { Io } from "./io.ts";
import { exitCodes } from "./report.ts";
import { resultsOfFile } from "./result.ts";
import { type Trouble, tellOf } from "./run/trouble.ts";
import { screenOf } from "./screen.ts";

/** Judges every file and writes all results as one document. An unreadable file does not stop the others. */
export async function checkTogether(
  paths: readonly string[],
  options: CheckOptions,
  { format, listsNodes }: { format: Format; listsNodes: boolean },
  io: Io,
): Promise<number> {
  const [results, trouble]: [Result[], Trouble[]] = [[], []];
  const codes: number[] = [];
  for (const path of paths) {
    try {
      const judged = judgeEvidence(await readEvidenceFile(path, io), options);
      results.push(...resultsOfFile(path, judged, options.benchmarks));
      codes.push(exitCodeOf(judged));
      for (const problem of ruleProblems(judged)) io.stderr.write(`note: ${plain(path)}: ${problem}\n`);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      trouble.push({ where: path, error });
    }
  }
  tellOf(trouble, io);
  io.stdout.write(
    format.write(
      { audited: [], results, trouble },
      {
        screen: screenOf(io.stdout),
        listsNodes,
        ownRules: options.ownRules ?? [],
      },
    ),
  );
  return trouble.length > 0 ? exitCodes.couldNotJudge : Math.max(...codes);
}
