/**
 * Questions that no AWS document answers. The auditor has to work whatever the answer is, so that tests choose each of
 * them. docs/first-run.md lists them for people who have an account to try.
 */
export interface Unsettled {
  /** Whether CloudFormation makes the new version of a document its default one. Source: cloudformation-coverage-roadmap, issue 2539. */
  newDocumentVersions: "promoted" | "not promoted";
  /** What DescribeInstanceInformation does with the id of a running instance whose agent never registered. */
  unregisteredIds: "left out" | "refused";
  /** Whether the AccessDenied of a SendCommand names the instance that IAM refused. */
  deniedInstances: "named" | "not named";
  /** Whether findings come back from GetFindings with other tags on a resource than were sent. */
  tagsOfResources: "as sent" | "enriched";
  /** Whether the texts of a finding may hold line breaks. */
  lineBreaks: "accepted" | "rejected";
}

/** What is more likely. */
export const likelyAnswers: Unsettled = {
  newDocumentVersions: "promoted",
  unregisteredIds: "left out",
  deniedInstances: "named",
  tagsOfResources: "as sent",
  lineBreaks: "accepted",
};
