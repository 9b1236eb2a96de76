import { expect, test } from "vitest";
import { archivedFinding } from "../../../lambda/securityhub/archived.ts";

const place = { partition: "aws-us-gov", region: "us-gov-west-1", account: "111122223333" };
const arnPart = "us-gov-west-1:111122223333";
const ofCluster = ["AwsEksCluster", `arn:aws-us-gov:eks:${arnPart}:cluster/prod`];

test.each([
  ["an EC2 instance", "i-0abc", [["AwsEc2Instance", `arn:aws-us-gov:ec2:${arnPart}:instance/i-0abc`], ofCluster]],
  ["a hybrid node", "mi-0abc", [["Other", `arn:aws-us-gov:ssm:${arnPart}:managed-instance/mi-0abc`], ofCluster]],
  ["a whole cluster", "cluster", [ofCluster]],
])("the archived finding of %s has the resources of the original finding", (_, subject, resources) => {
  const ended = { place, cluster: "prod", subject, rule: "client-ca-file", absence: "NODE_GONE" } as const;
  const update = { id: "an-id", createdAt: 0, updatedAt: 1 };
  const { Resources, RecordState, Compliance } = archivedFinding({ ...ended, status: "failed" }, update);
  expect(Resources?.map(({ Type, Id }) => [Type, Id])).toEqual(resources);
  expect([RecordState, Compliance?.Status]).toEqual(["ARCHIVED", "FAILED"]);
});
