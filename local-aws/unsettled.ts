/**
 * Behaviour that AWS does not document. The auditor must work with each possible answer, so tests cover all of them.
 * docs/first-run.md lists the questions for people who can try them in an AWS account.
 */
export interface Unsettled {
  /**
   * Whether CloudFormation makes a new document version the default. Source: cloudformation-coverage-roadmap, issue
   * 2539.
   */
  newDocumentVersions: "promoted" | "not promoted";
  /** How DescribeInstanceInformation treats the id of a running instance whose agent never registered. */
  unregisteredIds: "left out" | "refused";
  /** Whether SendCommand's AccessDenied error contains the instance that IAM denied. */
  deniedInstances: "named" | "not named";
  /** Whether GetFindings returns resource tags that the import did not contain. */
  tagsOfResources: "as sent" | "enriched";
  /** Whether Security Hub accepts line breaks in the texts of a finding. */
  lineBreaks: "accepted" | "rejected";
}

/** The more likely answer to each question. */
export const likelyAnswers: Unsettled = {
  newDocumentVersions: "promoted",
  unregisteredIds: "left out",
  deniedInstances: "named",
  tagsOfResources: "as sent",
  lineBreaks: "accepted",
};
