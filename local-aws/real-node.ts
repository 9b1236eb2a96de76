import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Change, plantNode } from "./node-tree.ts";

const source = fileURLToPath(new URL("stand-ins/kubelet.c", import.meta.url));

/** Programs on the node: those that the collector calls, and those that tests use to prepare a node. */
const tools =
  "base64 bash busybox cat chmod chown chroot cp dash date gzip head ln ls mkdir mknod mount mv readlink rm setpriv setsid sha256sum sleep stat timeout tr true umount unshare".split(
    " ",
  );

/** The reason why this machine cannot run a node with real processes; undefined if it can. */
export function cannotRunNodes(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  for (const command of [
    ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"],
    ["cc", "--version"],
    ["which", "gawk", ...tools],
  ]) {
    try {
      execFileSync(command[0] ?? "", command.slice(1), { stdio: "ignore" });
    } catch {
      return `needs ${command.join(" ")}`;
    }
  }
}

/** Copies a sample node to `root`, with copies of this machine's programs and a kubelet that can be started. */
export function plantRealNode(kind: string, root: string, change: Change = {}, awk = "gawk"): void {
  plantNode(kind, root, change);
  chmodSync(root, 0o755);
  rmSync(join(root, "proc"), { recursive: true });
  const bin = join(root, "usr/bin");
  for (const directory of [
    bin,
    join(root, "proc"),
    join(root, "dev"),
    join(root, "tmp"),
    join(root, "usr/lib"),
    join(root, "usr/lib64"),
  ])
    mkdirSync(directory, { recursive: true });
  for (const name of tools) copyFileSync(realpathSync(which(name)), join(bin, name));
  copyFileSync(realpathSync(which(awk)), join(bin, awk));
  symlinkSync(awk, join(bin, "awk"));
  symlinkSync("dash", join(bin, "sh"));
  for (const name of ["bin", "sbin", "lib", "lib64"])
    symlinkSync(name.endsWith("bin") ? "usr/bin" : `usr/${name}`, join(root, name));
  execFileSync("cc", ["-O1", "-static", "-o", join(bin, "kubelet"), source]);
  // The kubelet gets an early modification time, because a packaged kubelet is older than the node's own files.
  utimesSync(join(bin, "kubelet"), 1_700_000_000, 1_700_000_000);
}

/** Path of a program of this machine. Throws if there is none. */
export function which(name: string): string {
  return execFileSync("which", [name], { encoding: "utf8" }).trim();
}

/** Directories that a node shares with this machine. */
const shared = ["usr/lib", "usr/lib64", "dev"].filter((directory) => existsSync(`/${directory}`));

export interface NodeRun {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/**
 * Runs shell commands as process 1 of the node: in separate PID and mount namespaces, with `root` as root directory.
 * When the commands end, the kernel kills every process that they started.
 */
export function runOnNode(root: string, commands: string, args: readonly string[] = []): Promise<NodeRun> {
  const enter = `root=$1 && shift && mount --bind "$root" "$root" && for shared in ${shared.join(" ")}; do
    mount --rbind "/$shared" "$root/$shared" || exit; done && mount -t proc proc "$root/proc" && cd "$root" &&
    pivot_root . tmp && umount -l /tmp && exec /bin/sh -c "$@"`;
  const child = spawn(
    "unshare",
    ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", enter, "sh", root, commands, "sh", ...args],
    {
      env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (texts.stdout += chunk));
  child.stderr.on("data", (chunk) => (texts.stderr += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...texts, exitCode: code ?? 137 }));
  });
}
