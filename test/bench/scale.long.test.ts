import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { usualRules as rules } from "../kit/usual-rules.ts";

const bench = "bench/scale.ts";

test.each([
  ["zero nodes", ["--nodes", "0"], "'0' is invalid. Use a whole number"],
  ["a word for the number of clusters", ["--clusters", "many"], "'many' is invalid. Use a whole number"],
  ["a word for a percentage", ["--churn", "some"], "'some' is invalid. Use a number from 0 to 100"],
  ["more than 100 percent", ["--churn", "150"], "'150' is invalid"],
  ["a misspelt option", ["--node", "10"], "unknown option '--node'"],
])("%s causes an error that names the value", async (_, words, message) => {
  await expect(promisify(execFile)(process.execPath, [bench, ...words])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`^error: .*${message}`)),
  });
});

describe("a benchmark", () => {
  const childrenOf = ({ pid }: ChildProcess) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const isThere = (pid: string) => existsSync(`/proc/${pid}`);

  /** Starts a benchmark of one node and returns its process during the second run. */
  async function started() {
    // A process that is killed leaves its temporary files.
    const TMPDIR = mkdtempSync(join(tmpdir(), "scale-"));
    onTestFinished(() => rmSync(TMPDIR, { recursive: true }));
    const running = spawn(process.execPath, [bench, "--nodes", "1", "--json"], {
      env: { ...process.env, TMPDIR },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [line] = await once(createInterface(running.stdout), "line");
    expect(JSON.parse(line)).toMatchObject({ run: "first", nodes: 1, imported: rules.length });
    return running;
  }

  test("ends its child processes when it is killed", async () => {
    const running = await started();
    const children = childrenOf(running);
    expect(children.filter(isThere)).not.toEqual([]);
    running.kill("SIGKILL");
    await once(running, "exit");
    await expect.poll(() => children.filter(isThere)).toEqual([]);
  });

  test("ends with an error when the process of its embedded AWS ends", async () => {
    const running = await started();
    process.kill(Number(childrenOf(running)[0]));
    const [stderr, [code]] = await Promise.all([text(running.stderr), once(running, "exit")]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("aws.ts ended with SIGTERM") });
  });
});
