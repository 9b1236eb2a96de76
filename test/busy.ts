/**
 * `npm run test:busy`: runs `npm test` three times in a row beside eight processes that compute without a pause. A test
 * that fails only here depends on the speed of the machine.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";

const busyProcesses = 8;

const { values, positionals } = parseArgs({
  options: { times: { type: "string", default: "3" } },
  allowPositionals: true,
});

// Each process ends when its parent, this process, has ended, even if it was killed.
const compute = "const parent = process.ppid; while (process.ppid === parent);";
const busy = Array.from({ length: busyProcesses }, () =>
  spawn(process.execPath, ["--eval", compute], { stdio: "ignore" }),
);
const codes: number[] = [];
try {
  for (let time = 1; time <= Number(values.times); time += 1) {
    const started = Date.now();
    const child = spawn("npm", ["test", "--", ...positionals], { stdio: "inherit" });
    const [code] = await once(child, "close");
    codes.push(code ?? 1);
    const seconds = Math.round((Date.now() - started) / 1000);
    console.log(`run ${time} of ${values.times}: ${code === 0 ? "passed" : "FAILED"} in ${seconds} s`);
  }
} finally {
  for (const each of busy) each.kill();
}
process.exitCode = Math.max(...codes);
