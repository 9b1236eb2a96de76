import { KubeletRefuses } from "../domain/problems.ts";
import { MalformedDocument } from "../go/json.ts";
import { type Configuration, type Source, textAt } from "./configuration.ts";
import { decode } from "./decode.ts";
import { setDefaults } from "./defaults.ts";
import { checkDropInHeader, checkHeader, readDocument } from "./document.ts";
import { gatesIn, gatesWhileLoading, refuseUnknownGates } from "./feature-gates.ts";
import { knownOptions } from "./known-options.ts";
import type { ReadDocument } from "./mentions.ts";
import { contentOf } from "./node-files.ts";
import { type Paths, pathsOf } from "./paths.ts";
import type { Start } from "./start.ts";

export interface LoadedFile {
  configuration: Configuration;
  document: ReadDocument;
}

/**
 * The --config file as a whole configuration with its defaults. Unknown fields and repeated names are forgiven: when
 * the strict decoder complains, a lenient one has the last word.
 * Source: kubernetes pkg/kubelet/kubeletconfig/configfiles fsLoader.Load, .../util/codec DecodeKubeletConfiguration.
 */
export function loadConfigFile(path: string, start: Start): LoadedFile {
  return load({ layer: "file", where: path }, start.unsaid, start);
}

/** Kubernetes 1.28 loads a drop-in like any configuration file, so it brings all defaults along. */
export function loadDropIn(path: string, start: Start): LoadedFile {
  return load(
    { layer: "drop-in", where: path },
    { layer: "default", where: `the default that Kubernetes 1.28 fills into ${path}` },
    start,
  );
}

function load(from: Source, unsaid: Source, { evidence, minor, flagged }: Start): LoadedFile {
  const content = contentOf(from.where, evidence, "its own kind");
  return refusingMalformed(from.where, () => {
    const document = readDocument(content, from);
    checkHeader(document);
    const configuration: Configuration = new Map();
    decode(document.json, configuration, "exact", minor);
    const gates = gatesIn(configuration);
    refuseUnknownGates(gates, knownOptions(minor));
    setDefaults(configuration, gatesWhileLoading(gatesIn(flagged), gates), minor, unsaid);
    resolveRelativePaths(configuration, from.where, pathsOf(evidence));
    return { configuration, document: { json: document.json, from, names: "exact" } };
  });
}

/** A drop-in since Kubernetes 1.29: only what it says, to be merged. Repeated names are not forgiven. */
export function readDropIn(path: string, { evidence, minor }: Start): ReadDocument {
  const from: Source = { layer: "drop-in", where: path };
  const content = contentOf(path, evidence, minor >= 32 ? "its own kind" : "any kind");
  return refusingMalformed(path, () => {
    const document = readDocument(content, from);
    checkDropInHeader(document, minor);
    return { json: document.json, from, names: "any case" };
  });
}

/**
 * Relative paths are meant from the directory of the file that says them, as that file was named.
 * Source: kubernetes pkg/kubelet/kubeletconfig/configfiles resolveRelativePaths.
 */
function resolveRelativePaths(
  configuration: Configuration,
  file: string,
  { isAbsolute, lexical, dirname }: Paths,
): void {
  for (const field of ["staticPodPath", "authentication.x509.clientCAFile", "tlsCertFile", "tlsPrivateKeyFile"]) {
    const entry = configuration.get(field);
    const path = textAt(configuration, field);
    if (entry && path !== "" && !isAbsolute(path))
      configuration.set(field, { ...entry, value: lexical(dirname(file), path) });
  }
}

export function refusingMalformed<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedDocument) throw new KubeletRefuses(`failed to load ${what}: ${error.message}`);
    throw error;
  }
}
