import { KubeletRefuses } from "../domain/problems.ts";
import { type Paths, pathsOf } from "../evidence/paths.ts";
import { MalformedDocument } from "../go/json.ts";
import { type Configuration, type Source, textAt } from "./configuration.ts";
import { decode } from "./decode.ts";
import { setDefaults, setEvictionDefaults } from "./defaults.ts";
import { type FeatureGates, gatesIn } from "./feature-gates.ts";
import { checkDropInHeader, checkHeader, type KubeletDocument, readDocument } from "./kubelet-document.ts";
import type { ReadDocument } from "./mentions.ts";
import { contentOf } from "./node-files.ts";
import type { StartContext } from "./start-context.ts";

type FileSource = Source & { layer: "file" | "drop-in" };

export interface LoadedFile {
  configuration: Configuration;
  document: ReadDocument;
}

/**
 * Loads the --config file as a whole configuration with its defaults. If the strict decoder fails, the kubelet uses a
 * lenient one, so unknown fields and repeated names are ignored.
 * Source: kubernetes pkg/kubelet/kubeletconfig/configfiles fsLoader.Load, .../util/codec DecodeKubeletConfiguration.
 */
export function loadConfigFile(path: string, start: StartContext): LoadedFile {
  return load({ layer: "file", where: path }, start.unsaid, start);
}

/** Parses a file once, even if its node is resolved for many releases. */
function readOnce(content: Buffer, from: FileSource, documents: StartContext["documents"]): KubeletDocument {
  const key = `${from.layer} ${from.where}`;
  const known = documents.get(key);
  if (known) return known();
  try {
    const document = readDocument(content, from);
    documents.set(key, () => document);
    return document;
  } catch (error) {
    const fail = () => {
      throw error;
    };
    documents.set(key, fail);
    return fail();
  }
}

/** Kubernetes 1.28 loads a drop-in like a --config file, so the result contains all defaults. */
export function loadDropIn(path: string, start: StartContext): LoadedFile {
  return load(
    { layer: "drop-in", where: path },
    { layer: "default", where: `the default that Kubernetes 1.28 fills into ${path}` },
    start,
  );
}

function load(
  from: FileSource,
  unsaid: Source,
  { evidence, documents, release, minor, flagGates }: StartContext,
): LoadedFile {
  const content = contentOf(from.where, evidence, "its own kind");
  return refusingMalformed(from.where, () => {
    const document = readOnce(content, from, documents);
    checkHeader(document);
    const configuration: Configuration = new Map();
    decode(document.json, configuration, "exact", release);
    setDefaults(configuration, gatesWhileLoading(configuration, flagGates, minor), minor, unsaid);
    setEvictionDefaults(configuration, minor, unsaid);
    resolveRelativePaths(configuration, from.where, pathsOf(evidence));
    return { configuration, document: { json: document.json, from, names: "exact" } };
  });
}

/**
 * The gates that apply while the kubelet fills in defaults. From Kubernetes 1.32 on the gates of the file override
 * those of the flags, and a kubelet panics on a gate that it rejects. Before 1.32, no default depended on a gate.
 * Source: kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go addDefaultingFuncs.
 */
export function gatesWhileLoading(configuration: Configuration, flagGates: FeatureGates, minor: number): FeatureGates {
  return minor >= 32 ? flagGates.apply(gatesIn(configuration)) : flagGates;
}

/** Reads a drop-in for Kubernetes 1.29 and later, without defaults. A repeated name stops the kubelet. */
export function readDropIn(path: string, { evidence, documents, minor }: StartContext): ReadDocument {
  const from: FileSource = { layer: "drop-in", where: path };
  const content = contentOf(path, evidence, minor >= 32 ? "its own kind" : "any kind");
  return refusingMalformed(path, () => {
    const document = readOnce(content, from, documents);
    checkDropInHeader(document, minor);
    return { json: document.json, from, names: minor <= 31 ? "internal" : "any case" };
  });
}

/**
 * Makes relative paths in a file absolute. They start at the directory in the path of the file itself. Source:
 * kubernetes pkg/kubelet/kubeletconfig/configfiles resolveRelativePaths.
 */
function resolveRelativePaths(
  configuration: Configuration,
  file: string,
  { isAbsolute, lexical, dirname }: Paths,
): void {
  for (const field of filePaths) {
    const entry = configuration.get(field);
    const path = textAt(configuration, field);
    if (entry && path !== "" && !isAbsolute(path))
      configuration.set(field, { ...entry, value: lexical(dirname(file), path) });
  }
}

/** Source: kubernetes pkg/kubelet/apis/config/helpers.go KubeletConfigurationPathRefs. */
const filePaths = [
  "staticPodPath",
  "authentication.x509.clientCAFile",
  "tlsCertFile",
  "tlsPrivateKeyFile",
  "resolvConf",
  "volumePluginDir",
  "podLogsDir",
];

export function refusingMalformed<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedDocument) throw new KubeletRefuses(`failed to load ${what}: ${error.message}`);
    throw error;
  }
}
