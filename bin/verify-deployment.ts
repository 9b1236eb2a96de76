/** `npm run verify-deployment`: checks a deployment in a real account, with the caller's credentials. */
import { parseArgs } from "node:util";
import { harmless } from "../lambda/text.ts";
import { tolerateClosedPipes } from "./cli/io.ts";
import { explain } from "./cli/run/trouble.ts";
import { isWrongOption } from "./cli/wrong-option.ts";
import type { Check } from "./verify/check.ts";
import { verifyDeployment } from "./verify/deployment.ts";

const usage = `Usage: npm run verify-deployment -- [options]

Checks a deployed auditor with your credentials: stack, function, SSM document, schedule, events, permissions of the
role, Security Hub, one run, ledger, findings. Apart from that one run of the auditor, it changes nothing.

  --stack NAME      name of the stack (default: EksKubeletAuditor)
  --region REGION   Region of the stack (default: the Region of your environment or profile)
  --no-run          do not run the auditor
  --help            print this

Exit code: 0 no check failed, 1 a check failed, 2 the command is wrong.`;

const marks = { ok: "ok     ", failed: "FAILED ", skipped: "skipped" } as const;

function show({ state, name, seen }: Check): void {
  console.log(harmless(`${marks[state]}  ${name}: ${seen}`));
}

tolerateClosedPipes();
try {
  const { values } = parseArgs({
    options: {
      stack: { type: "string", default: "EksKubeletAuditor" },
      region: { type: "string" },
      "no-run": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(usage);
  else {
    const { stack, region } = values;
    const checks = await verifyDeployment({ stack, region, invoke: !values["no-run"] }, show);
    const count = (state: Check["state"]) => checks.filter((each) => each.state === state).length;
    console.log(`\n${count("ok")} ok, ${count("failed")} failed, ${count("skipped")} skipped.`);
    if (count("failed") > 0) process.exitCode = 1;
  }
} catch (error) {
  const hint = isWrongOption(error) ? '. Run "npm run verify-deployment -- --help" for the options.' : "";
  console.error(`error: ${error instanceof Error ? explain(error) : error}${hint}`);
  process.exitCode = 2;
}
