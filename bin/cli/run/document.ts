import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateDocumentCommand,
  DeleteDocumentCommand,
  DescribeDocumentCommand,
  DocumentAlreadyExists,
  type SSMClient,
  SSMServiceException,
} from "@aws-sdk/client-ssm";
import { MissingPermissionError } from "../../../lambda/aws/missing-permission.ts";
import { contentHash } from "../../../lambda/collect/content-hash.ts";
import { DocumentChangedError, type VerifiedDocument, verifyDocument } from "../../../lambda/collect/ssm-document.ts";
import { withReply } from "../../../lambda/text.ts";
import { collectContent } from "../../../lib/collect-content.ts";
import { unlessAborted } from "./interruption.ts";

/** Maximum number of milliseconds until a new document is usable, and milliseconds between two status requests. */
const longestCreation = 30_000;
const pause = 500;

/** Maximum number of milliseconds for deleting a document, including retries: a user may wait after Ctrl-C. */
const longestDeletion = 20_000;

/** Thrown if the deletion of the temporary document failed or was not confirmed. */
export class DocumentLeftError extends Error {
  override readonly name = "DocumentLeftError";
  constructor(name: string, region: string, cause: Error) {
    const text = `The temporary SSM document ${name} may still be in ${region}. Delete it with: aws ssm delete-document --region ${region} --name ${name}.`;
    super(withReply(text, cause), { cause });
  }
}

/** The first document whose content equals the collector of this version; undefined if there is none. */
export async function firstUnchanged(ssm: SSMClient, names: readonly string[]): Promise<VerifiedDocument | undefined> {
  const sha256 = contentHash(collectContent());
  for (const name of names) {
    try {
      return await verifyDocument(ssm, name, sha256);
    } catch (error) {
      // The document was deployed by another version or changed later. This version might not be able to parse its
      // output.
      if (!(error instanceof DocumentChangedError)) throw error;
    }
  }
  return undefined;
}

/** Creates a temporary document, calls `use` with it, and deletes it in every case: success, error or abort. */
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
    // The document may exist despite the error: a reply can be lost, and the SDK's retry then fails with
    // DocumentAlreadyExists.
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
        `The SSM document ${name} did not become usable: ${Document?.StatusInformation ?? Document?.Status}`,
      );
    await sleep(pause);
  }
}

async function remove(ssm: SSMClient, name: string): Promise<void> {
  try {
    const abortSignal = AbortSignal.timeout(longestDeletion);
    await ssm.send(new DeleteDocumentCommand({ Name: name }), { abortSignal });
  } catch (error) {
    // InvalidDocument means that the document does not exist, so there is nothing to delete.
    if (!(error instanceof Error) || error.name === "InvalidDocument") return;
    throw new DocumentLeftError(name, await ssm.config.region(), error);
  }
}
