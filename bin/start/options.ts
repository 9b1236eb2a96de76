/** The options of `npm start`. */
import { parseArgs } from "node:util";

export const usage = `Usage: npm start [-- options]

Audits sample nodes in an AWS that is embedded in this process: no account, no network. Then launches a node, waits for
its findings and terminates it, in simulated time.
Writes out/report.html (for a browser), out/findings.json (the findings in Security Hub) and out/summary.json.

  --runs N   fire the schedule N times in a row
  --calls    also list the requests to AWS
  --json     print only the summary
  --help     print this

Exit code: 0 every run completed, 2 a run failed or an option is wrong.`;

export interface Options {
  runs: number;
  calls: boolean;
  json: boolean;
  help: boolean;
}

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: "string", default: "1" },
      calls: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return { ...values, runs: readRuns(values.runs) };
}

function readRuns(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Error(`--runs is ${JSON.stringify(text)}. Use a whole number from 1 to 9999.`);
}
