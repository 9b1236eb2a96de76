import { incomplete } from "../domain/problems.ts";
import { isObject, MalformedDocument, parseJson, repeatedName, UnsupportedDocument } from "../go/json.ts";
import { compareBytes } from "../go/merge-patch.ts";
import { parseYaml } from "../go/yaml/parse-yaml.ts";
import type { JsonObject, Source } from "./configuration.ts";
import { fold } from "./fields.ts";

export const apiVersion = "kubelet.config.k8s.io/v1beta1";
export const kind = "KubeletConfiguration";

/** Bytes of one file that this auditor reads. A full KubeletConfiguration has less than ten thousand. */
const mostBytes = 262_144;

export interface KubeletDocument {
  json: JsonObject;
  /** Written as JSON; else as YAML. */
  isJson: boolean;
  /** A YAML mapping in it had this key twice; in JSON the repetition is still there. */
  repeatedKey?: string;
}

/**
 * Parses a file as the kubelet's codecs do: as JSON if its first character is "{", else as YAML. Its name does not matter.
 * Source: k8s.io/apimachinery/pkg/util/yaml IsJSONBuffer.
 */
export function readDocument(content: Buffer, from: Source): KubeletDocument {
  if (content.length === 0) throw new MalformedDocument("the file is empty");
  if (content.length > mostBytes) {
    throw incomplete(`${from.where} has ${content.length} bytes; this auditor reads ${mostBytes}.`, "Make it smaller.");
  }
  const text = content.toString("utf8");
  // Go's white space: unicode.IsSpace. A byte order mark does not count, so JSON behind one is read as YAML.
  const isJson = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*\{/.test(text);
  const { json, repeatedKey } = followed(() => (isJson ? { json: parseJson(text, from) } : parseYaml(content, from)));
  if (json === null) throw new MalformedDocument("the file is blank: Object 'Kind' is missing");
  if (!isObject(json)) throw new MalformedDocument("the file does not contain an object");
  return { json, isJson, ...(repeatedKey !== undefined && { repeatedKey }) };
}

/** A document that this auditor does not follow makes the evidence incomplete. */
function followed<Document>(parse: () => Document): Document {
  try {
    return parse();
  } catch (error) {
    throw error instanceof UnsupportedDocument ? incomplete(error.message, error.fix) : error;
  }
}

/**
 * The --config file needs exactly this kind and apiVersion. The names of the two keys match in any case, and the last of
 * repeated keys counts. Source: k8s.io/apimachinery/pkg/runtime/serializer/json SimpleMetaFactory.
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
  const named = json.members.filter((member) => fold(member.name) === fold(name));
  // YAML becomes JSON by way of a Go map, which is written in the byte order of its keys: "kind" comes after "Kind".
  if (!isJson) named.sort((a, b) => compareBytes(a.name, b.name));
  const values = named.map(({ value }) => value);
  const wrong = values.find((value) => value !== null && typeof value !== "string");
  if (wrong !== undefined) throw new MalformedDocument(`${name} must be text`);
  return values.findLast((value) => typeof value === "string") ?? "";
}

/**
 * Since Kubernetes 1.32 a drop-in needs exactly this kind and apiVersion (kubernetes#127421); from 1.29 to 1.31 it needs
 * any kind. The names of the keys must be exact, because this document is decoded without a type.
 */
export function checkDropInHeader(document: KubeletDocument, release: number): void {
  const { json, repeatedKey } = document;
  const repeated = repeatedKey ?? repeatedName(json);
  if (repeated !== undefined) throw new MalformedDocument(`${JSON.stringify(repeated)} is there twice`);
  textNamed(document, "kind");
  textNamed(document, "apiVersion");
  const exact = (name: string) => json.members.find((member) => member.name === name)?.value ?? "";
  if (exact("kind") === "") throw new MalformedDocument("Object 'Kind' is missing");
  if (release >= 32 && (exact("kind") !== kind || exact("apiVersion") !== apiVersion)) {
    throw new MalformedDocument(`unknown apiVersion/kind: it must be ${apiVersion}, ${kind}`);
  }
}
