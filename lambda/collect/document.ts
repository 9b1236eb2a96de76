import { DescribeDocumentCommand, GetDocumentCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { contentHash } from "./content-hash.ts";

/** The document as it was deployed, and may be sent. */
export interface VerifiedDocument {
  name: string;
  /** A version never changes; a document may be deleted and made again, which the hash shows. */
  version: string;
  hash: string;
}

/** What is in the document is not what was deployed: nothing of it has run on a node, and nothing will. */
export class DocumentChangedError extends Error {
  override readonly name = "DocumentChangedError";
  constructor(name: string, version: string, found: string, expected: string) {
    super(
      `Version ${version} of the SSM document ${name} is not what was deployed (SHA-256 ${found}, not ${expected}), so it was not run on any node. Find out in CloudTrail who changed it (UpdateDocument, UpdateDocumentDefaultVersion, CreateDocument), and deploy the stack again.`,
    );
  }
}

/** Reads the document's default version and makes sure that it is what was deployed; `sha256` is that content's hash. */
export async function verifyDocument(ssm: SSMClient, name: string, sha256: string): Promise<VerifiedDocument> {
  const { Document: { DocumentVersion: version = "", Hash: hash = "" } = {} } = await ssm.send(
    new DescribeDocumentCommand({ Name: name }),
  );
  const { Content = "" } = await ssm.send(
    new GetDocumentCommand({ Name: name, DocumentVersion: version, DocumentFormat: "JSON" }),
  );
  const found = contentHash(parse(Content));
  if (found !== sha256) throw new DocumentChangedError(name, version, found, sha256);
  return { name, version, hash };
}

/** Content that is no JSON has a hash, too: not the right one. */
function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
