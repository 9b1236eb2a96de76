import { CfnDocument } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
// Run on both sides: what is hashed here is compared there.
import { contentHash } from "../lambda/collect/content-hash.ts";
import { collectContent, documentTag } from "./collect-content.ts";

/** The one command the auditor may run on a node: the scripts of lib/collect, word for word, without parameters. */
export class CollectDocument extends Construct {
  readonly document: CfnDocument;
  /** Of the content, so that the function knows it when it sees it. */
  readonly sha256: string;

  /** CloudFormation makes up the name where none is given. */
  constructor(scope: Construct, id: string, name?: string) {
    super(scope, id);
    const content = collectContent();
    this.sha256 = contentHash(content);
    this.document = new CfnDocument(this, "Document", {
      ...(name !== undefined && { name }),
      documentType: "Command",
      documentFormat: "JSON",
      // A new version under the same name. The default would replace the document, and its name with it.
      updateMethod: "NewVersion",
      content,
      tags: [documentTag],
    });
  }
}
