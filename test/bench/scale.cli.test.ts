import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const bench = "bench/scale.ts";

test.each([
  ["a fleet of nothing", ["--nodes", "0"], "'0' is invalid. It has to be a whole number"],
  ["clusters in words", ["--clusters", "many"], "'many' is invalid. It has to be a whole number"],
  ["a part in words", ["--churn", "some"], "'some' is invalid. It has to be a number from 0 to 100"],
  ["more than all nodes", ["--churn", "150"], "'150' is invalid"],
  ["a misspelt option", ["--node", "10"], "unknown option '--node'"],
])("%s is refused by its name", async (_, words, told) => {
  await expect(promisify(execFile)(process.execPath, [bench, ...words])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`^error: .*${told}`)),
  });
});

describe("a benchmark", () => {
  const childrenOf = ({ pid }: ChildProcess) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const isThere = (pid: string) => existsSync(`/proc/${pid}`);

  /** One of a single node that has told of its first run and is in its second. */
  async function started() {
    const running = spawn(process.execPath, [bench, "--nodes", "1", "--json"], { stdio: ["ignore", "pipe", "pipe"] });
    const [line] = await once(createInterface(running.stdout), "line");
    expect(JSON.parse(line)).toMatchObject({ run: "first", nodes: 1, imported: 16 });
    return running;
  }

  test("that is killed leaves no process behind", async () => {
    const running = await started();
    const children = childrenOf(running);
    expect(children.filter(isThere)).not.toEqual([]);
    running.kill("SIGKILL");
    await once(running, "exit");
    for (let tries = 0; tries < 100 && children.some(isThere); tries++) await sleep(100);
    expect(children.filter(isThere)).toEqual([]);
  });

  test("whose AWS has ended says so instead of waiting for ever", async () => {
    const running = await started();
    process.kill(Number(childrenOf(running)[0]));
    const [told, [code]] = await Promise.all([text(running.stderr), once(running, "exit")]);
    expect({ code, told }).toEqual({ code: 1, told: expect.stringContaining("of the aws has ended with SIGTERM") });
  });
});
