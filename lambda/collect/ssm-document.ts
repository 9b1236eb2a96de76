import {
  DescribeDocumentCommand,
  GetDocumentCommand,
  InvalidDocumentVersion,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { contentHash } from "./content-hash.ts";

/** The version of the document that has the deployed content. */
export interface VerifiedDocument {
  name: string;
  /** The content of a version never changes. A document that was deleted and created again has another hash. */
  version: string;
  hash: string;
  /** A sentence for the report; present when the version is not the default version. */
  problem?: string;
}

/** No version of the document has the deployed content, so the auditor runs none of them. */
export class DocumentChangedError extends Error {
  override readonly name = "DocumentChangedError";
  constructor(name: string, looked: readonly string[], expected: string) {
    super(
      `No version of the SSM document ${name} has the content that was deployed (SHA-256 ${expected}; versions ${looked.join(", ")} were compared), so nothing was run on any node. After an upgrade, deploy the stack of the same release in every account-Region that has the document. Otherwise find out in CloudTrail who changed the document (UpdateDocument, DeleteDocument, CreateDocument), delete the stack and deploy it again; the findings stay.`,
    );
  }
}

/** If the content of the default version differs from the deployed content, this many of the newest versions are compared. */
const versionsCompared = 10;

/**
 * Finds the version of the document whose content has the hash `sha256`: the default version or one of the latest
 * versions. CloudFormation may add a version without making it the default (cloudformation-coverage-roadmap, issue
 * 2539). A rollback may leave a later version as the default.
 */
export async function verifyDocument(ssm: SSMClient, name: string, sha256: string): Promise<VerifiedDocument> {
  const { Document = {} } = await ssm.send(new DescribeDocumentCommand({ Name: name }));
  const { DocumentVersion: usual = "", LatestVersion: latest = usual } = Document;
  const numbers = Array.from({ length: versionsCompared }, (_, index) => Number(latest) - index);
  const looked: string[] = [];
  for (const version of new Set([usual, ...numbers.filter((number) => number > 0).map(String)])) {
    const content = await readVersion(ssm, name, version);
    if (content === undefined) continue;
    looked.push(version);
    if (contentHash(parse(content)) !== sha256) continue;
    if (version === usual) return { name, version, hash: Document.Hash ?? "" };
    const { Document: { Hash: hash = "" } = {} } = await ssm.send(
      new DescribeDocumentCommand({ Name: name, DocumentVersion: version }),
    );
    const problem = `The default version ${usual} of the SSM document ${name} is not the deployed one, so version ${version} was used. "aws ssm update-document-default-version --name ${name} --document-version ${version}" corrects it.`;
    return { name, version, hash, problem };
  }
  throw new DocumentChangedError(name, looked, sha256);
}

/** The content of one version; undefined when it was deleted. */
async function readVersion(ssm: SSMClient, Name: string, DocumentVersion: string): Promise<string | undefined> {
  try {
    const { Content = "" } = await ssm.send(new GetDocumentCommand({ Name, DocumentVersion, DocumentFormat: "JSON" }));
    return Content;
  } catch (error) {
    if (error instanceof InvalidDocumentVersion) return undefined;
    throw error;
  }
}

/** Content that is not valid JSON stays text, so that its hash differs from the deployed one. */
function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
