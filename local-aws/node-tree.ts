import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const samples = fileURLToPath(new URL("nodes/", import.meta.url));

/**
 * Replacements for commands, first on PATH: `stat` returns the owners that perms.txt lists, and early change times for
 * files that did not change since they were planted; `apiclient` returns the replies of Bottlerocket.
 */
const standIns = fileURLToPath(new URL("path", import.meta.url));

/** Milliseconds until a running script is killed, as Run Command kills it at its timeout. */
const scriptMilliseconds = 30_000;

/** Clock ticks per second in /proc. Source: proc_pid_stat(5), sysconf(_SC_CLK_TCK). */
const ticksPerSecond = 100;

/** User and group ids of the names in perms.txt. */
const ids: Readonly<Record<string, number>> = { root: 0, kube: 996 };

/** A process in /proc of a sample node. */
export interface PlantedProcess {
  pid: number;
  argv: readonly string[];
  /** Default: 0. */
  uid?: number;
  /** Default: 1. */
  ppid?: number;
  /** Default: "/". */
  cwd?: string;
  /** Default: the first element of argv. */
  exe?: string;
  /** Default: "/". */
  root?: string;
  environ?: Readonly<Record<string, string>>;
  /** "host": the namespaces of PID 1 (default). "own": those of a container. */
  namespaces?: "host" | "own";
  /** Epoch seconds. */
  startedAt?: number;
}

/** Changes to a sample node. */
export interface Change extends Partial<PlantedProcess> {
  /** File of the sample with another command line, for example "cmdline-bad.bin". */
  cmdline?: string;
  /** Contents by absolute path. null deletes the file or directory. */
  files?: Readonly<Record<string, string | Uint8Array | null>>;
  /** Symbolic links: target by absolute path of the link. */
  links?: Readonly<Record<string, string>>;
  modes?: Readonly<Record<string, number>>;
  /** User and group ids by path. */
  owners?: Readonly<Record<string, readonly [uid: number, gid: number]>>;
  /** Modification and change times by path, epoch seconds. Default: one hour before the kubelet's start. */
  modified?: Readonly<Record<string, number>>;
  /** Additional processes. */
  others?: readonly PlantedProcess[];
}

/**
 * Copies the sample node `kind` (a directory of local-aws/nodes) to `root` and adds a /proc with its running kubelet. A
 * sample without cmdline.bin gets a /proc without a kubelet.
 */
export function plantNode(kind: string, root: string, change: Change = {}): void {
  const sample = join(samples, kind);
  const now = Math.floor(Date.now() / 1000);
  const startedAt = change.startedAt ?? now - 24 * 3600;
  const bootedAt = startedAt - 60;
  cpSync(join(sample, "rootfs"), root, { recursive: true });
  plantFiles(root, change);
  const permissions = readPermissions(sample);
  age(root, startedAt - 3600, change.modified ?? {});
  for (const { path, mode, uid, gid } of permissions) own(join(root, path), mode, uid, gid);
  for (const [path, mode] of Object.entries(change.modes ?? {})) chmodSync(join(root, path), mode);
  const owners = new Map([
    ...permissions.map(({ path, uid, gid }) => [path, [uid, gid]] as const),
    ...Object.entries(change.owners ?? {}),
  ]);
  writeFileSync(join(root, ".owners"), Array.from(owners, ([path, ids]) => `${ids.join(" ")} ${path}\n`).join(""));
  plantProcess(root, { pid: 1, argv: ["/usr/lib/systemd/systemd"], ppid: 0 }, bootedAt);
  if (existsSync(join(sample, "cmdline.bin"))) {
    plantProcess(root, { ...sampleKubelet(sample, root, change.cmdline), ...change, startedAt }, bootedAt);
  }
  for (const other of change.others ?? []) plantProcess(root, { startedAt, ...other }, bootedAt);
  writeFileSync(join(root, "proc/stat"), `cpu  1 2 3 4 5 6 7 8 9 0\nbtime ${bootedAt}\nprocesses 9000\n`);
  writeFileSync(join(root, "proc/uptime"), `${now - bootedAt}.25 1000.50\n`);
}

function plantFiles(root: string, { files = {}, links = {} }: Change): void {
  for (const [path, content] of Object.entries(files)) {
    if (content === null) rmSync(join(root, path), { recursive: true });
    else {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
  }
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    rmSync(join(root, path), { recursive: true, force: true });
    symlinkSync(target, join(root, path));
  }
}

/** Reads perms.txt: path, mode, owner:group. Copying the files loses their owners and can change the modes. */
function readPermissions(sample: string): { path: string; mode: number; uid: number; gid: number }[] {
  const lines = readFileSync(join(sample, "perms.txt"), "utf8").trim().split("\n");
  return lines.map((line) => {
    const [, path = "", mode = "", owner = "", group = ""] = /^(.+) (\d+) (\w+):(\w+)$/.exec(line) ?? [];
    const [uid, gid] = [ids[owner], ids[group]];
    if (uid === undefined || gid === undefined) throw new Error(`${sample}/perms.txt: ${line}`);
    return { path, mode: Number.parseInt(mode, 8), uid, gid };
  });
}

function own(path: string, mode: number, uid: number, gid: number): void {
  if (!existsSync(path)) return;
  chmodSync(path, mode);
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
}

function age(root: string, modifiedAt: number, exceptions: Readonly<Record<string, number>>): void {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const at = exceptions[path.slice(root.length)] ?? modifiedAt;
    lutimesSync(path, at, at);
  }
}

function sampleKubelet(sample: string, root: string, cmdline = "cmdline.bin"): PlantedProcess {
  const { exe }: { exe: string } = JSON.parse(readFileSync(join(sample, "expected.json"), "utf8"));
  const argv = readFileSync(join(sample, cmdline), "utf8").split("\0").slice(0, -1);
  return { pid: 2741, argv, exe, environ: { PATH: "/usr/bin:/bin", ...environmentFile(root) } };
}

/**
 * Variables of the EnvironmentFile of nodeadm's kubelet.service. Source: awslabs/amazon-eks-ami,
 * templates/al2023/runtime.
 */
function environmentFile(root: string): Record<string, string> {
  const path = join(root, "etc/eks/kubelet/environment");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  return Object.fromEntries(Array.from(text.matchAll(/^(\w+)=(.*)$/gm), ([, name, value]) => [name, value]));
}

function plantProcess(root: string, planted: PlantedProcess, bootedAt: number): void {
  const { pid, argv, uid = 0, ppid = 1, cwd = "/", namespaces = "host", environ = {}, startedAt = bootedAt } = planted;
  const { exe = argv[0] ?? "" } = planted;
  const comm = exe.split("/").at(-1)?.slice(0, 15);
  const directory = join(root, "proc", String(pid));
  const ticks = (startedAt - bootedAt) * ticksPerSecond;
  mkdirSync(join(directory, "ns"), { recursive: true });
  const file = (name: string, content: string) => writeFileSync(join(directory, name), content);
  file("cmdline", argv.map((element) => `${element}\0`).join(""));
  file("comm", `${comm}\n`);
  const inner = namespaces === "host" ? "" : "\t7";
  const ids = `Pid:\t${pid}\nPPid:\t${ppid}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nNSpid:\t${pid}${inner}\n`;
  file("status", `Name:\t${comm}\n${ids}`);
  file("stat", `${pid} (${comm}) S ${ppid} ${Array(17).fill(0).join(" ")} ${ticks} 0 0\n`);
  file(
    "environ",
    Object.entries(environ)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(""),
  );
  symlinkSync(cwd, join(directory, "cwd"));
  symlinkSync(planted.root ?? "/", join(directory, "root"));
  if (exe !== "") symlinkSync(exe, join(directory, "exe"));
  // Two links to one file show the same namespace, two files show different ones.
  for (const space of ["ns/pid", "ns/mnt"]) {
    if (pid === 1 || namespaces === "own") file(space, "");
    else symlinkSync(`../../1/${space}`, join(directory, space));
  }
}

export interface CollectorRun {
  stdout: string;
  exitCode: number;
}

/** Runs the collector at `script` on the files of a node at `root`, as the SSM agent runs it on a node. */
export function runCollector(
  script: string,
  root: string,
  env: Readonly<Record<string, string>> = {},
  [shell, ...options]: readonly [string, ...string[]] = ["sh"],
): Promise<CollectorRun> {
  const child = spawn(shell, [...options, script], {
    env: { PATH: `${standIns}:${process.env.PATH}`, ROOT: root, ...env },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: scriptMilliseconds,
    killSignal: "SIGKILL",
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const stdout = Buffer.concat(chunks).toString();
      const killed = signal === null ? 1 : 137; // 128 + SIGKILL, the exit code of shells
      resolve({ stdout, exitCode: code ?? killed });
    });
  });
}
