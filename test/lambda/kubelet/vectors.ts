import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path/posix";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import type { Evidence, KubeletProcess } from "../../../lambda/evidence/evidence.ts";
import type { CertificateEvidence, FileEvidence } from "../../../lambda/evidence/files.ts";

/** A node state and the real kubelet's result for it; see test/kubelet-vectors/README.md. */
export interface Case {
  id: string;
  args?: string[];
  env?: Record<string, string>;
  files?: Record<string, string>;
  files_b64?: Record<string, string>;
  pem?: Record<string, string>;
  symlinks?: Record<string, string>;
  dirs?: string[];
  cwd?: string;
  effective?: Record<string, unknown>;
  error?: string;
  versions?: Record<
    string,
    { effective?: Record<string, unknown>; effective_changes?: Record<string, unknown>; error?: string }
  >;
}

const folder = new URL("../../kubelet-vectors/", import.meta.url);
const { VECTOR } = process.env;

/** The cases of a file, or only the one with the id in VECTOR. */
export function readCases<Kind extends { id: string } = Case>(file: string): Kind[] {
  const lines = readText(file).split("\n");
  const cases: Kind[] = lines.filter((line) => line !== "").map((line) => JSON.parse(line, exactly));
  return VECTOR === undefined ? cases : cases.filter(({ id }) => id === VECTOR);
}

/** A message about a case that disagrees with the real kubelet, with the command that repeats the case alone. */
export function disagreeing({ id }: Pick<Case, "id">, version: string, how: string): string {
  const file = relative("", expect.getState().testPath ?? "");
  return `${id} on ${version} ${how}\nVECTOR=${id} npx vitest run ${file} -t ${version}`;
}

export function readJson<Content>(file: string): Content {
  return JSON.parse(readText(file));
}

/** Integers that a JavaScript number cannot represent exactly become bigints. */
function exactly(_: string, value: unknown, { source = "" }: { source?: string } = {}): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

function readText(file: string): string {
  const bytes = readFileSync(new URL(file, folder));
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** The real kubelet's result in one version: the effective fields, or undefined if it does not start. */
export function answer(one: Case, version: string): Record<string, unknown> | undefined {
  const other = one.versions?.[version];
  if (other?.error !== undefined) return undefined;
  if (other?.effective) return other.effective;
  return one.effective && { ...one.effective, ...other?.effective_changes };
}

/** The evidence of a collector that read every path of the case. */
export function evidenceOf(one: Case, version: string): { evidence: Evidence; process: KubeletProcess } {
  const process: KubeletProcess = {
    pid: 1000,
    argv: ["/usr/bin/kubelet", ...(one.args ?? [])],
    cwd: one.cwd ?? "/",
    namespaces: "host",
    dropInEnvironment: one.env?.KUBELET_CONFIG_DROPIN_DIR_ALPHA !== undefined,
    version: `v${version}.0-eks-0000000`,
  };
  return { evidence: { os: {}, kubelets: [process], files: filesOf(one), remarks: [], sha256: "" }, process };
}

/** A case is resolved in many versions, and reading its certificates takes longer than resolving it. */
const known = new WeakMap<Case, EveryPath>();

function filesOf(one: Case): EveryPath {
  const files = known.get(one) ?? new EveryPath(diskOf(one));
  known.set(one, files);
  return files;
}

class EveryPath extends Map<string, FileEvidence> {
  readonly #disk: Disk;
  constructor(disk: Disk) {
    super([...disk.keys(), "/dev/null"].map((path) => [path, record(path, disk)]));
    this.#disk = disk;
  }
  override get(path: string): FileEvidence {
    return super.get(path) ?? record(path, this.#disk);
  }
}

type Disk = ReadonlyMap<string, { content: Buffer } | { link: string } | "directory">;

function diskOf(one: Case): Disk {
  const disk = new Map<string, { content: Buffer } | { link: string } | "directory">();
  for (const [path, text] of Object.entries(one.files ?? {})) disk.set(resolve(path), { content: Buffer.from(text) });
  for (const [path, text] of Object.entries(one.files_b64 ?? {}))
    disk.set(path, { content: Buffer.from(text, "base64") });
  for (const [path, pem] of Object.entries(one.pem ?? {}))
    disk.set(path, { content: readFileSync(new URL(pem, folder)) });
  for (const [path, link] of Object.entries(one.symlinks ?? {})) disk.set(path, { link });
  for (const path of one.dirs ?? []) disk.set(path, "directory");
  for (const path of [...disk.keys()]) {
    for (let above = dirname(path); !disk.has(above); above = dirname(above)) disk.set(above, "directory");
  }
  return disk;
}

function record(path: string, disk: Disk): FileEvidence {
  if (path === "/dev/null") return { path, kind: "device" };
  const entry = disk.get(path);
  const link = typeof entry === "object" && "link" in entry ? entry.link : undefined;
  const target = follow(path, disk);
  const real = target === undefined ? undefined : disk.get(target);
  if (real === undefined) return { path, kind: "missing", ...(link !== undefined && { link }) };
  if (real === "directory" || "link" in real) return { path, kind: "directory", ...(link !== undefined && { link }) };
  const { content } = real;
  return { path, kind: "file", ...(link !== undefined && { link }), content, certificates: certificatesIn(content) };
}

/** The real path of a path: follows links component by component, as the system does. */
function follow(path: string, disk: Disk): string | undefined {
  let real = "/";
  for (const part of resolve(path)
    .split("/")
    .filter((name) => name !== "")) {
    real = resolve(real, part);
    for (let entry = disk.get(real); typeof entry === "object" && "link" in entry; entry = disk.get(real)) {
      real = follow(resolve(dirname(real), entry.link), disk) ?? "/missing";
    }
    if (!disk.has(real)) return undefined;
  }
  return real;
}

function certificatesIn(content: Buffer): CertificateEvidence[] {
  const blocks = content
    .toString("latin1")
    .matchAll(/-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]*)-----END CERTIFICATE-----/g);
  return [...blocks].map(([, body = ""]) => {
    const der = Buffer.from(body, "base64");
    try {
      return { sha256: createHash("sha256").update(new X509Certificate(der).raw).digest("hex") };
    } catch {
      return { malformed: "not a certificate" };
    }
  });
}
