import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { main } from "../../bin/cli/main.ts";
import type { Cluster, EmbeddedNode } from "../../local-aws/initial-region.ts";
import describeCluster from "../../local-aws/nodes/aws/describe-cluster.json" with { type: "json" };
import { type LocalAws, type Options, startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { withEnvironment } from "../kit/environments.ts";
import { onlineNode } from "../kit/nodes.ts";
// Runs in one process share a judging thread.
import "../kit/simulated-time.ts";

export const account = "111122223333";
export const region = "us-east-1";

export const cluster = (name: string, more: Partial<Cluster> = {}): Cluster => ({
  name,
  version: "1.34",
  certificateAuthority: describeCluster.cluster.certificateAuthority.data,
  nodegroups: [],
  ...more,
});

/** A compliant node of cluster "prod". */
export const node = (number: number, more: Partial<EmbeddedNode> = {}) =>
  onlineNode(number, { tree: { kind: "al2023" }, ...more });

/** A failing node of cluster "prod": a drop-in overrides the secure settings of its config file. */
export const badNode = (number: number, more: Partial<EmbeddedNode> = {}) =>
  node(number, { tree: { kind: "al2023-dropin-bad" }, ...more });

/** Starts an embedded AWS with these nodes. Its delays are short, and its timeouts long enough for a busy machine. */
export function startAws(
  nodes: EmbeddedNode[],
  clusters: Cluster[] = [cluster("prod")],
  pace: Options["pace"] = {},
): Promise<LocalAws> {
  return startLocalAws({
    home: { account, region, securityHub: true, clusters, nodes },
    pace: { timeoutSecond: 200, delivery: 5, consistency: 50, ...pace },
    rates: unthrottled,
  });
}

export interface Ran {
  out: string;
  err: string;
  /** Null if a signal ended the process. */
  code: number | null;
}

/** Starts `audit` as a process. Its environment contains only a minimum and the given variables. */
export function startAudit(args: readonly string[], environment: Readonly<Record<string, string>>) {
  return start(process.execPath, ["bin/audit.ts", ...args], environment);
}

/** Starts `audit` at a terminal. Its standard input accepts keys; `out` contains standard output and standard error. */
export function startAtTerminal(args: readonly string[], environment: Readonly<Record<string, string>>, columns = 100) {
  const command = `stty cols ${columns}; ${process.execPath} bin/audit.ts ${args.join(" ")}`;
  return start("script", ["--quiet", "--return", "--command", command, "/dev/null"], environment);
}

const usual = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  AWS_EC2_METADATA_DISABLED: "true",
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
};

function start(command: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn(command, args, {
    env: { ...usual, ...environment },
    stdio: "pipe",
  });
  const ended: Promise<Ran> = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]).then(
    ([out, err, [code]]) => ({ out, err, code }),
  );
  return { child, ended };
}

/**
 * Runs `audit` in this process. Its environment contains only a minimum and the given variables. With `columns`, its
 * standard output is a terminal of this width.
 */
export function audit(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  columns?: number,
): Promise<Ran> {
  const stdout = Object.assign(new PassThrough(), columns !== undefined && { isTTY: true, columns });
  const stderr = new PassThrough();
  const io = {
    stdin: Readable.from([]),
    stdout,
    stderr,
    interruption: () => new AbortController().signal,
  };
  return withEnvironment({ ...usual, ...environment }, async () => {
    const code = await main(args, io);
    stdout.end();
    stderr.end();
    return { out: await text(stdout), err: await text(stderr), code };
  });
}
