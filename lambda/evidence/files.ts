import { mayBeCertificate } from "./der.ts";
import { altered } from "./frame.ts";
import type { Paths } from "./paths.ts";
import { type Fields, oneOf, text } from "./records.ts";

/** One file, directory or missing path that the kubelet's arguments or configuration may name. */
export interface FileEvidence {
  /** The absolute path by which the kubelet opens the file. It can contain "..", see paths.ts. */
  path: string;
  /** The type of `path` after symbolic links are followed. A dangling link is "missing". */
  kind: "file" | "directory" | "fifo" | "device" | "socket" | "missing";
  /** Target text when `path` itself is a symbolic link. */
  link?: string;
  /** Permission bits, for example 0o644. */
  mode?: number;
  uid?: number;
  gid?: number;
  /** Modification time, epoch seconds. */
  modifiedAt?: number;
  /** Change time (ctime), epoch seconds. Windows and earlier evidence have none. */
  changedAt?: number;
  /** Symbolic links and directories on the way to the file. Only configuration files and drop-ins have it. */
  way?: readonly WayEvidence[];
  /** Bytes. */
  size?: number;
  /** The whole content. Only configuration files and drop-ins of the kubelet have it. */
  content?: Buffer;
  /** Why the collector could not read the content (or the certificates): too large, unreadable, … */
  problem?: string;
  /** One entry per PEM CERTIFICATE block, in order. Only client CA candidates have it. */
  certificates?: readonly CertificateEvidence[];
}

/** A symbolic link, or a directory, that the kubelet passes when it opens a file. */
export interface WayEvidence {
  path: string;
  isLink: boolean;
  /** Epoch seconds. */
  modifiedAt: number;
  changedAt: number;
}

/** SHA-256 of the DER in lower-case hex, or why the block does not contain a DER certificate. */
export type CertificateEvidence = { sha256: string } | { malformed: string };

const kinds = ["file", "directory", "fifo", "device", "socket", "missing"] as const;

/** The collector can report a path twice, for example as configuration and as client CA. Its records are merged. */
export function readFiles(groups: readonly Fields[], paths: Paths): Map<string, FileEvidence> {
  const files = new Map<string, FileEvidence>();
  for (const fields of groups) {
    const file = readFile(fields, paths);
    const key = paths.key(file.path);
    const known = files.get(key);
    files.set(key, known ? { ...file, ...known } : file);
  }
  return new Map(files.values().map((file) => [file.path, file]));
}

function readFile(fields: Fields, { isAbsolute, asGiven }: Paths): FileEvidence {
  const path = text(fields.get("file"));
  if (!isAbsolute(path) || path.includes("\0")) throw altered("a path is not absolute");
  const file: FileEvidence = { path: asGiven("", path), kind: oneOf(kinds, text(fields.get("kind"))) };
  for (const [name, value] of fields) {
    if (name === "link") file.link = text(value);
    if (name === "stat") Object.assign(file, readStat(text(value)));
    if (name === "way") Object.assign(file, readWay(text(value)));
    if (name === "modified") Object.assign(file, readModified(text(value)));
    if (name === "content" || name === "part") file.content = value;
    if (name === "problem") file.problem = text(value);
    if (name === "certificates") file.certificates = readCertificates(value);
  }
  return file;
}

/** Mode, uid, gid, mtime, ctime (absent in earlier evidence), size. */
const statLine = /^([0-7]{1,4}) (\d{1,10}) (\d{1,10}) (-?\d{1,12})(?: (-?\d{1,12}))? (\d{1,15})$/;

function readStat(line: string): Pick<FileEvidence, "mode" | "uid" | "gid" | "modifiedAt" | "changedAt" | "size"> {
  const fields = statLine.exec(line);
  if (!fields) throw altered("a stat record is malformed");
  const [, mode = "", uid, gid, modifiedAt, changedAt, size] = fields;
  return {
    mode: Number.parseInt(mode, 8),
    uid: Number(uid),
    gid: Number(gid),
    modifiedAt: Number(modifiedAt),
    ...(changedAt !== undefined && { changedAt: Number(changedAt) }),
    size: Number(size),
  };
}

/** As in a stat record, then the type and the name after a dot. */
const wayLine = /^[0-7]{1,4} \d{1,10} \d{1,10} (-?\d{1,12}) (-?\d{1,12}) \d{1,15} (directory|symbolic link) \.(\/.+)$/;

/** Returns no `way` if a line is malformed, because a name with a line break makes two lines of one. */
function readWay(lines: string): Pick<FileEvidence, "way"> {
  const way: WayEvidence[] = [];
  for (const line of lines.split("\n").filter(Boolean)) {
    const [, modifiedAt, changedAt, type, path] = wayLine.exec(line) ?? [];
    if (path === undefined) return {};
    way.push({ path, isLink: type !== "directory", modifiedAt: Number(modifiedAt), changedAt: Number(changedAt) });
  }
  return { way };
}

/** The counterpart of a stat record on Windows, which has no mode and no numeric owner. */
function readModified(line: string): Pick<FileEvidence, "modifiedAt" | "size"> {
  if (!/^-?\d{1,12} \d{1,15}$/.test(line)) throw altered("a record of a file's time and size is malformed");
  const [modifiedAt = 0, size = 0] = line.split(" ").map(Number);
  return { modifiedAt, size };
}

export function readCertificates(value: Buffer): CertificateEvidence[] {
  return text(value).split("\n").filter(Boolean).map(readCertificate);
}

/** A digest. In newer evidence the certificate's size in bytes and its first bytes in base64 follow. */
const certificateLine = /^([0-9a-f]{64})(?: (\d{1,7}) ([A-Za-z0-9+/]{0,64}={0,2}))?$/;

function readCertificate(line: string): CertificateEvidence {
  const [, sha256, size, head] = certificateLine.exec(line) ?? [oneOf(["malformed"], line)];
  const isCertificate = head === undefined || mayBeCertificate(Buffer.from(head, "base64"), Number(size));
  if (sha256 !== undefined && isCertificate) return { sha256 };
  return { malformed: "a block that is malformed: it does not contain an X.509 certificate" };
}
