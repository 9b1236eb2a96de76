/** The options of `npm start`. */
import { parseArgs } from "node:util";

export const usage = `Usage: npm start [-- options]

Audits a sample fleet in an AWS that lives in this process: no account, no network. Then launches a node, waits for its
findings, and ends it, in simulated time.
Writes out/report.html (to look at), out/findings.json (what Security Hub then holds) and out/summary.json.

  --runs N   fire the schedule N times in a row
  --calls    list the requests to AWS as well
  --json     print the summary alone
  --help     print this

Exit code: 0 every run completed, 2 one could not.`;

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
  throw new Error(`--runs takes a whole number from 1 to 9999, not ${JSON.stringify(text)}`);
}
