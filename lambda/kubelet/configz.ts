import { linuxPaths } from "../evidence/paths.ts";
import type { Checked } from "./checks/check.ts";
import { numberOf } from "./checks/check.ts";
import { type Configuration, flagAt, type JsonObject, jsonItems, type Source, textAt } from "./configuration.ts";
import { cpusIn } from "./cpu-list.ts";
import { encode } from "./encode.ts";
import { apiVersion, kind } from "./kubelet-document.ts";

/**
 * The configuration as /configz shows it. After its checks and before it registers /configz, the kubelet fills in the
 * paths of its own certificate. Afterwards it changes two maps and a list in place. /configz serves the same objects
 * and so shows these changes. Sources: kubernetes cmd/kubelet/app/server.go InitializeTLS and run,
 * pkg/kubelet/nodeshutdown.
 */
export function running({ configuration, flags, gateOn }: Checked): Configuration {
  const changed = new Map(configuration);
  nameOwnCertificate(changed, flags.findLast(({ name }) => name === "cert-dir")?.value ?? certificates);
  reserveCpus(changed);
  if (gateOn("GracefulNodeShutdown")) sortByPriority(changed);
  return changed;
}

/** The default of --cert-dir. */
const certificates = "/var/lib/kubelet/pki";

function nameOwnCertificate(changed: Configuration, directory: string): void {
  const isNamed = textAt(changed, "tlsCertFile") !== "" || textAt(changed, "tlsPrivateKeyFile") !== "";
  if (isNamed || flagAt(changed, "serverTLSBootstrap")) return;
  const from: Source = { layer: "default", where: "the kubelet's own certificate in --cert-dir" };
  changed.set("tlsCertFile", { value: linuxPaths.join(directory, "kubelet.crt"), from });
  changed.set("tlsPrivateKeyFile", { value: linuxPaths.join(directory, "kubelet.key"), from });
}

/**
 * reservedSystemCPUs replaces the cpu of kubeReserved and systemReserved. If nothing sets systemReserved, the kubelet
 * creates a map for it that /configz does not share, so /configz does not show this cpu.
 */
function reserveCpus(changed: Configuration): void {
  const cpus = changed.get("reservedSystemCPUs");
  const count = cpusIn(textAt(changed, "reservedSystemCPUs"));
  if (cpus === undefined || count === undefined) return;
  changed.delete("kubeReserved.cpu");
  if (changed.has("systemReserved")) changed.set("systemReserved.cpu", { value: String(count), from: cpus.from });
}

function sortByPriority(changed: Configuration): void {
  const path = "shutdownGracePeriodByPodPriority";
  const entry = changed.get(path);
  if (entry === undefined) return;
  const items = jsonItems(entry.value).toSorted(
    (one, other) => numberOf(one, "priority") - numberOf(other, "priority"),
  );
  changed.set(path, { ...entry, value: { json: { items } } });
}

/** The object under `kubeletconfig`, each member with its origin. */
export function served(configuration: Configuration, minor: number, unsaid: Source): JsonObject {
  const { members } = encode(configuration, "versioned", { minor, unsaid });
  if (minor < 36) return { members };
  const header = Object.entries({ kind, apiVersion }).map(([name, value]) => ({ name, value, from: unsaid }));
  return { members: [...header, ...members] };
}
