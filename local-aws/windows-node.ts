import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, win32 } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Change } from "./node-tree.ts";

const sample = fileURLToPath(new URL("nodes/windows/", import.meta.url));

/** No PowerShell runs here, so this says what the collector of lib/collect/windows says on the node of nodes/windows, changed so. */
export function windowsOutput({ commandLine, files = {}, modified = {}, startedAt }: Change = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const start = startedAt ?? now - 24 * 3600;
  const disk = new Map([...sampleFiles(), ...Object.entries(files)].map(([path, content]) => [key(path), content]));
  const line = commandLine ?? readFileSync(join(sample, "commandline.txt"), "utf8").trim();
  const records: Record[] = [
    ["now", `${now}`],
    ["os", 'ID=windows\nVERSION_ID=10.0.20348\nPRETTY_NAME="Microsoft Windows Server 2022 Datacenter"'],
    ["process", "3184"],
    ["ppid", "2960"],
    ["started", `${start}`],
    ["owner", "S-1-5-18"],
    ["exe", "C:\\Program Files\\kubernetes\\kubelet.exe"],
    ["version", "Kubernetes v1.33.4-eks-99d6cc0"],
    ["command-line", line],
    ...namedFiles(line, disk).flatMap(({ path, purpose }): Record[] => {
      const content = disk.get(key(path)) ?? null;
      const time = modified[path] ?? start - 3600;
      return [["file", path], ...describe(content, time), ...(content === null ? [] : contentOf(purpose, content))];
    }),
    ["end", ""],
  ];
  return frame(records);
}

/** Upper and lower case, slash and backslash name the same file. */
const key = (path: string) => win32.normalize(path).toLowerCase();

type Record = readonly [name: string, value: string | Uint8Array];
type Purpose = "configuration" | "client-ca" | "kubeconfig";

function sampleFiles(): [path: string, content: Uint8Array][] {
  const rootfs = join(sample, "rootfs");
  const entries = readdirSync(rootfs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map(({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [`C:${path.slice(rootfs.length).replaceAll("/", "\\")}`, readFileSync(path)];
  });
}

/** The files that the command line names, and the client CA files that those name. */
function namedFiles(line: string, disk: ReadonlyMap<string, string | Uint8Array | null>) {
  const named = (flag: string, purpose: Purpose) =>
    Array.from(line.matchAll(new RegExp(`--${flag}[= ]"?([^" ]+)`, "g")), ([, path = ""]) => ({ path, purpose }));
  const configurations = named("config", "configuration");
  const authorities = configurations.flatMap(({ path: from }) => {
    const [, path = ""] = /"clientCAFile": *("[^"]*")/.exec(`${text(disk.get(key(from)) ?? "")}`) ?? [];
    return path === ""
      ? []
      : [{ path: win32.resolve(win32.dirname(from), JSON.parse(path)), purpose: "client-ca" as const }];
  });
  return [
    ...configurations,
    ...authorities,
    ...named("kubeconfig", "kubeconfig"),
    ...named("client-ca-file", "client-ca"),
  ];
}

function describe(content: string | Uint8Array | null, modified: number): Record[] {
  if (content === null) return [["kind", "missing"]];
  return [
    ["kind", "file"],
    ["modified", `${modified} ${Buffer.byteLength(content)}`],
  ];
}

function contentOf(purpose: Purpose, content: string | Uint8Array): Record[] {
  if (purpose === "configuration") return [["content", content]];
  if (purpose === "kubeconfig") return [];
  const blocks = text(content).matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g);
  const digests = Array.from(blocks, ([, base64 = ""]) => sha256(Buffer.from(base64, "base64")));
  return [["certificates", digests.join("\n")]];
}

function text(content: string | Uint8Array): string {
  return Buffer.from(content).toString();
}

function frame(records: readonly Record[]): string {
  const payload = records.flatMap(([name, value]) => [`${name} ${Buffer.byteLength(value)}\n`, value, "\n"]);
  const base64 = gzipSync(Buffer.concat(payload.map((part) => Buffer.from(part)))).toString("base64");
  return `eks-kubelet-evidence 1\nBEGIN\n${base64}\nEND ${base64.length} ${sha256(base64)}\n`;
}

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
