import { createHash } from "node:crypto";
import { z } from "zod";
import { epochSeconds } from "./clock.ts";
import { AwsError } from "./errors.ts";
import type { Document, DocumentVersion } from "./holdings.ts";
import { type Call, operation, page } from "./operation.ts";

/** Maximum bytes of a document. Source: AWS General Reference, "AWS Systems Manager endpoints and quotas". */
const documentBytes = 64 * 1024;

/** Default timeout of a step in seconds. Source: Systems Manager user guide, "Command document plugin reference". */
const defaultStepSeconds = 3600;

const step = z.object({
  action: z.string().regex(/^aws:run(Shell|PowerShell)Script$/),
  name: z.string().min(1),
  precondition: z.object({ StringEquals: z.tuple([z.literal("platformType"), z.string()]) }).optional(),
  inputs: z.object({
    runCommand: z.array(z.string()).min(1),
    timeoutSeconds: z.coerce.number().int().min(5).max(172_800).catch(defaultStepSeconds),
  }),
});

/** A document of schema 2.2. Parameters are not supported, so the script in the document runs unchanged. */
const documentContent = z.object({
  schemaVersion: z.literal("2.2"),
  parameters: z.object({}).strict().optional(),
  mainSteps: z.array(step).min(1),
});

function readVersion(content: string): DocumentVersion {
  const result = documentContent.safeParse(parseJson(content));
  if (!result.success) throw new AwsError("InvalidDocumentContent", z.prettifyError(result.error));
  const steps = result.data.mainSteps.map(({ action, name, precondition, inputs }) => ({
    name,
    action,
    script: `${inputs.runCommand.join("\n")}\n`,
    timeoutSeconds: inputs.timeoutSeconds,
    ...(precondition && { platform: precondition.StringEquals[1] }),
  }));
  return { content, hash: createHash("sha256").update(content).digest("hex"), steps };
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new AwsError("InvalidDocumentContent", "The content is not JSON.");
  }
}

/** Creates the document or adds a version. The default version stays. */
export function putDocument(
  { at, world }: Pick<Call, "at" | "world">,
  name: string,
  content: string,
  tags: readonly Tag[] = [],
): Document {
  if (Buffer.byteLength(content) > documentBytes) {
    throw new AwsError("MaxDocumentSizeExceeded", "The size limit of a document is 64 KB.");
  }
  const version = readVersion(content);
  const existing = at.documents.get(name);
  if (existing) {
    existing.versions.push(version);
    return existing;
  }
  const byKey = Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
  const document = { name, versions: [version], defaultVersion: 1, createdAt: world.clock.now(), tags: byKey };
  at.documents.set(name, document);
  return document;
}

/** Deploys a document as CloudFormation does with updateMethod NewVersion. Unchanged content creates no version. */
export function deployDocument(
  where: Pick<Call, "at" | "world">,
  name: string,
  content: string,
  tags: readonly Tag[],
): void {
  if (where.at.documents.get(name)?.versions.at(-1)?.content === content) return;
  const document = putDocument(where, name, content, tags);
  if (where.world.unsettled.newDocumentVersions === "promoted") document.defaultVersion = document.versions.length;
}

/** Finds a document version: a number, $DEFAULT or $LATEST. `name` can be an ARN. */
export function findVersion({ at }: Call, name: string, wanted = "$DEFAULT"): DocumentVersion & { number: number } {
  const document = findDocument(at, name);
  const named: Readonly<Record<string, number>> = {
    $DEFAULT: document.defaultVersion,
    $LATEST: document.versions.length,
  };
  const number = named[wanted] ?? Number(wanted);
  const version = document.versions[number - 1];
  if (!version) throw new AwsError("InvalidDocumentVersion", `The document version ${wanted} is not valid.`);
  return { ...version, number };
}

function findDocument(at: Call["at"], name: string): Document {
  const shortName = name.startsWith("arn:") ? name.slice(name.indexOf("document/") + "document/".length) : name;
  const document = at.documents.get(shortName);
  if (!document) throw new AwsError("InvalidDocument", `Document with name ${name} does not exist.`);
  return document;
}

export const tag = z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256) });
type Tag = z.output<typeof tag>;

/** Source: SSM API model, ListDocumentsRequest. */
const listDocuments = z.object({
  Filters: z
    .array(z.object({ Key: z.string().min(1).max(128), Values: z.array(z.string().min(1).max(256)) }))
    .max(6)
    .default([]),
  MaxResults: z.number().int().min(1).max(50).default(50),
  NextToken: z.string().optional(),
});

/** Whether a document matches one filter. Source: AWS Systems Manager API Reference, DocumentKeyValuesFilter. */
function matches({ name, tags, sharedBy }: Document, key: string, values: readonly string[]): boolean {
  if (key === "Owner") return values.includes(sharedBy === undefined ? "Self" : "Private");
  if (key === "Name") return values.some((prefix) => name.startsWith(prefix));
  if (key.startsWith("tag:")) return values.includes(tags[key.slice("tag:".length)] ?? "");
  throw new AwsError("InvalidFilterKey", `local-aws does not support the filter key ${key}.`);
}

/** Source: AWS Systems Manager API Reference, ListDocuments and DocumentKeyValuesFilter: one tag key, one owner. */
function requireOneTagAndOwner(filters: z.output<typeof listDocuments>["Filters"]): void {
  const owners = filters.flatMap(({ Key, Values }) => (Key === "Owner" ? Values : []));
  const tagKeys = filters.filter(({ Key }) => Key.startsWith("tag:"));
  if (owners.length > 1 || tagKeys.length > 1)
    throw new AwsError("InvalidFilterKey", "A request can have one owner and one tag key.");
}

const documentName = z.string().regex(/^[a-zA-Z0-9_\-.:/]{3,128}$/);
const documentVersion = z.string().regex(/^(\$LATEST|\$DEFAULT|[1-9][0-9]*)$/);

export const documentOperations = {
  DescribeDocument: operation(
    z.object({ Name: documentName, DocumentVersion: documentVersion.optional() }),
    ({ Name, DocumentVersion }, call) => ({ Document: describe(call, Name, DocumentVersion) }),
  ),
  CreateDocument: operation(
    z.object({
      Name: z.string().regex(/^[a-zA-Z0-9_\-.]{3,128}$/),
      Content: z.string().min(1),
      DocumentType: z.literal("Command").optional(),
      DocumentFormat: z.literal("JSON").optional(),
      Tags: z.array(tag).max(1000).optional(),
    }),
    ({ Name, Content, Tags }, call) => {
      if (call.at.documents.has(Name)) {
        throw new AwsError("DocumentAlreadyExists", `Document with same name ${Name} already exists`);
      }
      putDocument(call, Name, Content, Tags);
      return { DocumentDescription: describe(call, Name) };
    },
  ),
  ListDocuments: operation(listDocuments, ({ Filters, MaxResults, NextToken }, call) => {
    requireOneTagAndOwner(Filters);
    const found = [...call.at.documents.values()].filter((document) =>
      Filters.every(({ Key, Values }) => matches(document, Key, Values)),
    );
    const { entries, nextToken } = page(found, MaxResults, NextToken, refuseToken);
    const DocumentIdentifiers = entries.map(({ name, tags }) => ({
      ...describe(call, name),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }));
    return { DocumentIdentifiers, ...(nextToken && { NextToken: nextToken }) };
  }),
  GetDocument: operation(
    z.object({
      Name: documentName,
      DocumentVersion: documentVersion.optional(),
      DocumentFormat: z.literal("JSON").optional(),
    }),
    ({ Name, DocumentVersion }, call) => {
      const { content, number } = findVersion(call, Name, DocumentVersion);
      const rest = { Status: "Active", DocumentType: "Command", DocumentFormat: "JSON" };
      return {
        Name: findDocument(call.at, Name).name,
        DocumentVersion: String(number),
        Content: content,
        ...rest,
      };
    },
  ),
  UpdateDocument: operation(
    z.object({ Name: documentName, Content: z.string().min(1), DocumentVersion: documentVersion.optional() }),
    ({ Name, Content }, call) => {
      putDocument(call, findDocument(call.at, Name).name, Content);
      return { DocumentDescription: describe(call, Name, "$LATEST") };
    },
  ),
  UpdateDocumentDefaultVersion: operation(
    z.object({ Name: documentName, DocumentVersion: z.string().regex(/^[1-9][0-9]*$/) }),
    ({ Name, DocumentVersion }, call) => {
      const { number } = findVersion(call, Name, DocumentVersion);
      const document = findDocument(call.at, Name);
      document.defaultVersion = number;
      return { Description: { Name: document.name, DefaultVersion: DocumentVersion } };
    },
  ),
  DeleteDocument: operation(z.object({ Name: documentName }), ({ Name }, { at }) => {
    at.documents.delete(findDocument(at, Name).name);
    return {};
  }),
};

export function refuseToken(): never {
  throw new AwsError("InvalidNextToken", "The specified token is not valid.");
}

function describe(call: Call, name: string, version?: string): object {
  const document = findDocument(call.at, name);
  const { hash, number, steps } = findVersion(call, name, version);
  return {
    Name: document.name,
    Owner: call.at.account,
    Hash: hash,
    HashType: "Sha256",
    CreatedDate: epochSeconds(document.createdAt),
    // A new document has the status Creating for a moment.
    Status: call.world.clock.now() - document.createdAt < call.world.pace.consistency ? "Creating" : "Active",
    DocumentVersion: String(number),
    LatestVersion: String(document.versions.length),
    DefaultVersion: String(document.defaultVersion),
    PlatformTypes: [...new Set(steps.map(({ action }) => (action === "aws:runShellScript" ? "Linux" : "Windows")))],
    DocumentType: "Command",
    DocumentFormat: "JSON",
    SchemaVersion: "2.2",
  };
}
