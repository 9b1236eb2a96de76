import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateDocumentCommand,
  DeleteDocumentCommand,
  DescribeDocumentCommand,
  DocumentAlreadyExists,
  paginateListDocuments,
  type SSMClient,
  SSMServiceException,
} from "@aws-sdk/client-ssm";
import { MissingPermissionError } from "../../../lambda/aws/missing-permission.ts";
import { contentHash } from "../../../lambda/collect/content-hash.ts";
import { DocumentChangedError, type VerifiedDocument, verifyDocument } from "../../../lambda/collect/ssm-document.ts";
import { collectContent, documentTag } from "../../../lib/collect-content.ts";
import { unlessAborted } from "./interruption.ts";

/** Milliseconds that a new document may take to become usable, and between two looks at it. */
const longestCreation = 30_000;
const pause = 500;

/** Milliseconds for deleting a document, retries included: somebody who pressed Ctrl-C is waiting. */
const longestDeletion = 20_000;

/** The temporary document could not be deleted, or not be known to be. */
export class DocumentLeftError extends Error {
  override readonly name = "DocumentLeftError";
  constructor(name: string, region: string, cause: Error) {
    super(
      `The temporary SSM document ${name} may still be in ${region}. Delete it with: aws ssm delete-document --region ${region} --name ${name}. AWS said: ${cause.message}`,
      { cause },
    );
  }
}

/** Documents of deployed auditors in this account and Region, by name. */
export async function findDeployed(client: SSMClient): Promise<string[]> {
  const names: string[] = [];
  const Filters = [
    { Key: `tag:${documentTag.key}`, Values: [documentTag.value] },
    { Key: "Owner", Values: ["Self"] },
  ];
  for await (const { DocumentIdentifiers = [] } of paginateListDocuments({ client }, { Filters }))
    for (const { Name } of DocumentIdentifiers) if (Name) names.push(Name);
  return names;
}

/** One of those documents that holds, to the letter, what this auditor would run; undefined when none does. */
export async function firstUnchanged(ssm: SSMClient, names: readonly string[]): Promise<VerifiedDocument | undefined> {
  const sha256 = contentHash(collectContent());
  for (const name of names) {
    try {
      return await verifyDocument(ssm, name, sha256);
    } catch (error) {
      // Deployed by another version, or changed since: either way not what this auditor knows how to read.
      if (!(error instanceof DocumentChangedError)) throw error;
    }
  }
  return undefined;
}

/** Creates a document, has it used, and deletes it, however the use ends and also when the signal ends it. */
export async function withTemporaryDocument<Result>(
  ssm: SSMClient,
  signal: AbortSignal,
  use: (document: VerifiedDocument) => Promise<Result>,
): Promise<Result> {
  const name = `eks-kubelet-auditor-run-${randomUUID()}`;
  const content = collectContent();
  signal.throwIfAborted();
  await create(ssm, name, JSON.stringify(content));
  try {
    await unlessAborted(untilUsable(ssm, name), signal);
    const document = await verifyDocument(ssm, name, contentHash(content));
    return await unlessAborted(use(document), signal);
  } finally {
    await remove(ssm, name);
  }
}

async function create(ssm: SSMClient, Name: string, Content: string): Promise<void> {
  try {
    await ssm.send(new CreateDocumentCommand({ Name, Content, DocumentType: "Command", DocumentFormat: "JSON" }));
  } catch (error) {
    // Without an answer, or with that of a second try, the first may have made it.
    const isRefused =
      error instanceof MissingPermissionError || (error instanceof SSMServiceException && error.$fault === "client");
    if (!isRefused || error instanceof DocumentAlreadyExists) await remove(ssm, Name);
    throw error;
  }
}

async function untilUsable(ssm: SSMClient, name: string): Promise<void> {
  const patience = Date.now() + longestCreation;
  for (;;) {
    const { Document } = await ssm.send(new DescribeDocumentCommand({ Name: name }));
    if (Document?.Status === "Active") return;
    if (Document?.Status === "Failed" || Date.now() >= patience)
      throw new Error(
        `SSM did not make the document ${name} usable: ${Document?.StatusInformation ?? Document?.Status}`,
      );
    await sleep(pause);
  }
}

async function remove(ssm: SSMClient, name: string): Promise<void> {
  try {
    const abortSignal = AbortSignal.timeout(longestDeletion);
    await ssm.send(new DeleteDocumentCommand({ Name: name }), { abortSignal });
  } catch (error) {
    // What SSM does not know was never created.
    if (!(error instanceof Error) || error.name === "InvalidDocument") return;
    throw new DocumentLeftError(name, await ssm.config.region(), error);
  }
}
