import { paginateListDocuments, type SSMClient } from "@aws-sdk/client-ssm";
import type { Place } from "../domain/place.ts";
import { documentTag } from "./document-tag.ts";

/**
 * Names of the SSM documents of deployed auditors in this account and Region. Other accounts can share documents with
 * any tag, so only the account's own documents count.
 */
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

/** Another auditor is deployed in the account-Region. Both publish the same findings and overwrite each other's. */
export class SecondAuditorError extends Error {
  override readonly name = "SecondAuditorError";
  constructor(own: string, others: readonly string[], { account, region }: Place) {
    super(
      `More than one auditor is deployed in account ${account} in ${region}, and they publish the same findings. This one has the SSM document ${own}. Documents of others: ${others.join(", ")}. Keep one auditor and delete the stacks of the others; "aws cloudformation describe-stack-resources --region ${region} --physical-resource-id DOCUMENT" names the stack of a document.`,
    );
  }
}

/** Throws SecondAuditorError if the account-Region has the document of another auditor. */
export async function refuseSecondAuditor(ssm: SSMClient, own: string, place: Place): Promise<void> {
  const others = (await findDeployed(ssm)).filter((name) => name !== own);
  if (others.length > 0) throw new SecondAuditorError(own, others.sort(), place);
}
