import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

/** Programs in bin/, each with arguments with which it prints, and its exit code. */
const programs: Record<string, { args: string[]; code: number }> = {
  "audit.ts": { args: ["collector"], code: 0 },
  "create.ts": { args: [], code: 1 },
  "release-check.ts": { args: [], code: 1 },
  "start.ts": { args: ["--help"], code: 0 },
  "template.ts": { args: [], code: 0 },
  "verify-deployment.ts": { args: ["--help"], code: 0 },
};

/** app.ts and app.mjs print errors only, and build.ts prints nothing. */
const silent = ["app.ts", "build.ts"];

test("each program in bin/ is tested", () => {
  const names = readdirSync("bin").filter((name) => name.endsWith(".ts"));
  expect([...Object.keys(programs), ...silent].sort()).toEqual(names);
});

test.each(Object.entries(programs))(
  "%s ends with its own exit code when a reader closes the pipe",
  async (name, { args, code }) => {
    const child = spawn(process.execPath, [`bin/${name}`, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    const [err, [exitCode]] = await Promise.all([text(child.stderr), once(child, "close")]);
    expect(err).not.toContain("EPIPE");
    expect(exitCode).toBe(code);
  },
);
