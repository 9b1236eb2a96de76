import { CfnDocument } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
// Shared with the function, which compares this hash with the hash of the deployed document and finds it by its tag.
import { contentHash } from "../lambda/collect/content-hash.ts";
import { documentTag } from "../lambda/collect/document-tag.ts";
import { collectContent } from "./collect-content.ts";

/** The SSM document with the collector: the only command that the auditor can run on a node. It has no parameters. */
export class CollectDocument extends Construct {
  readonly document: CfnDocument;
  /** SHA-256 of the content, with which the function verifies the document. */
  readonly sha256: string;

  /** Without `name`, CloudFormation generates the document's name. */
  constructor(scope: Construct, id: string, name?: string) {
    super(scope, id);
    const content = collectContent();
    this.sha256 = contentHash(content);
    this.document = new CfnDocument(this, "Document", {
      ...(name !== undefined && { name }),
      documentType: "Command",
      documentFormat: "JSON",
      // An update adds a version. CloudFormation's default would replace the document and change its name.
      updateMethod: "NewVersion",
      content,
      tags: [documentTag],
    });
  }
}
