import { incomplete } from "../domain/problems.ts";
import { isObject, MalformedDocument, parseJson, repeatedName, UnsupportedDocument } from "../go/json.ts";
import { compareBytes } from "../go/merge-patch.ts";
import { parseYaml } from "../go/yaml/parse-yaml.ts";
import type { JsonObject, Source } from "./configuration.ts";
import { isFolded } from "./fields.ts";

export const apiVersion = "kubelet.config.k8s.io/v1beta1";
export const kind = "KubeletConfiguration";

/** Maximum bytes of one file. A full KubeletConfiguration has less than ten thousand. */
const mostBytes = 262_144;

export interface KubeletDocument {
  json: JsonObject;
  /** Whether the file is JSON; otherwise it is YAML. */
  isJson: boolean;
  /** A key that a YAML mapping repeats. Repetitions in a JSON file stay in `json`. */
  repeatedKey?: string;
}

/**
 * Parses a file as the kubelet's codecs do: as JSON if its first character is "{", otherwise as YAML. Its name is
 * ignored. Source: k8s.io/apimachinery/pkg/util/yaml IsJSONBuffer.
 */
export function readDocument(content: Buffer, from: Source): KubeletDocument {
  if (content.length === 0) throw new MalformedDocument("the file is empty");
  if (content.length > mostBytes) {
    throw incomplete(
      `${from.where} has ${content.length} bytes; this auditor reads at most ${mostBytes}.`,
      "Make the file smaller.",
    );
  }
  const text = content.toString("utf8");
  // The white space of Go's unicode.IsSpace. It excludes the byte order mark, so JSON after a mark is read as YAML.
  const isJson = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*\{/.test(text);
  const { json, repeatedKey } = followed(() => (isJson ? { json: parseJson(text, from) } : parseYaml(content, from)));
  if (json === null) throw new MalformedDocument("the file is blank: Object 'Kind' is missing");
  if (!isObject(json)) throw new MalformedDocument("the file does not contain an object");
  return { json, isJson, ...(repeatedKey !== undefined && { repeatedKey }) };
}

/** Reports a document that this auditor cannot parse as incomplete evidence. */
function followed<Document>(parse: () => Document): Document {
  try {
    return parse();
  } catch (error) {
    throw error instanceof UnsupportedDocument ? incomplete(error.message, error.fix) : error;
  }
}

/**
 * The --config file needs exactly this kind and apiVersion. The names of the two keys match in any letter case. If a
 * key is repeated, the last one counts. Source: k8s.io/apimachinery/pkg/runtime/serializer/json SimpleMetaFactory.
 */
export function checkHeader(document: KubeletDocument): void {
  const says = { apiVersion: textNamed(document, "apiVersion"), kind: textNamed(document, "kind") };
  if (says.kind === "") throw new MalformedDocument("Object 'Kind' is missing");
  if (says.apiVersion === "") throw new MalformedDocument("Object 'apiVersion' is missing");
  if (says.kind !== kind || says.apiVersion !== apiVersion) {
    throw new MalformedDocument(`kind ${says.kind} of ${says.apiVersion} is not ${kind} of ${apiVersion}`);
  }
}

function textNamed({ json, isJson }: KubeletDocument, name: string): string {
  const named = json.members.filter((member) => isFolded(member.name, name));
  // The kubelet converts YAML to JSON through a Go map, which is written in byte order of its keys: "Kind", then
  // "kind".
  if (!isJson) named.sort((a, b) => compareBytes(a.name, b.name));
  const values = named.map(({ value }) => value);
  const wrong = values.find((value) => value !== null && typeof value !== "string");
  if (wrong !== undefined) throw new MalformedDocument(`${name} must be text`);
  return values.findLast((value) => typeof value === "string") ?? "";
}

/**
 * From Kubernetes 1.32 on a drop-in needs exactly this kind and apiVersion (kubernetes#127421). From 1.29 to 1.31 it
 * needs some kind. The names of the keys must be exact, because the kubelet decodes a drop-in without a type.
 */
export function checkDropInHeader(document: KubeletDocument, release: number): void {
  const { json, repeatedKey } = document;
  const repeated = repeatedKey ?? repeatedName(json);
  if (repeated !== undefined) throw new MalformedDocument(`${JSON.stringify(repeated)} is repeated`);
  textNamed(document, "kind");
  textNamed(document, "apiVersion");
  const exact = (name: string) => json.members.find((member) => member.name === name)?.value ?? "";
  if (exact("kind") === "") throw new MalformedDocument("Object 'Kind' is missing");
  if (release >= 32 && (exact("kind") !== kind || exact("apiVersion") !== apiVersion)) {
    throw new MalformedDocument(`unknown apiVersion/kind: it must be ${apiVersion}, ${kind}`);
  }
}
