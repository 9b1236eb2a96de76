import { describe, expect, test } from "vitest";
import { clusterResource, nodeResource } from "../../../lambda/securityhub/resources.ts";
import { node as nodeOf, place } from "../../kit/results.ts";

const node = nodeOf();

describe("the node", () => {
  test("is an EC2 instance with the properties that EC2 returned", () => {
    const described = {
      instanceType: "m7i.large",
      imageId: "ami-1",
      vpcId: "vpc-1",
      subnetId: "subnet-1",
      launchedAt: "2026-11-20T08:00:00.000Z",
    };
    const tags = {
      Name: "web",
      "eks:cluster-name": "prod",
      "eks:nodegroup-name": "general",
      secret: "x",
      "aws:x": "y",
    };
    expect(nodeResource({ ...node, ...described, tags }, place)).toEqual({
      Type: "AwsEc2Instance",
      Id: "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc",
      Partition: "aws",
      Region: "us-east-1",
      Tags: { Name: "web", "eks:cluster-name": "prod", "eks:nodegroup-name": "general" },
      Details: {
        AwsEc2Instance: {
          Type: "m7i.large",
          ImageId: "ami-1",
          VpcId: "vpc-1",
          SubnetId: "subnet-1",
          LaunchedAt: "2026-11-20T08:00:00.000Z",
        },
      },
    });
  });

  test("is a managed instance if it is registered with SSM but is not an EC2 instance", () => {
    const arn = "arn:aws:ssm:us-east-1:111122223333:managed-instance/mi-0abc";
    const EKSClusterARN = "arn:aws:eks:us-east-1:111122223333:cluster/prod";
    expect(nodeResource({ ...node, arn, tags: { EKSClusterARN } }, place)).toEqual({
      Type: "Other",
      Id: arn,
      Partition: "aws",
      Region: "us-east-1",
      Tags: { EKSClusterARN },
      Details: { Other: { ManagedInstance: arn } },
    });
  });

  test.each([
    ["a property that EC2 did not return is omitted", {}, undefined],
    ["a blank tag is omitted, because Security Hub rejects it", { Name: " " }, undefined],
    ["a control character for the reading direction is escaped", { Name: "a\u202eb" }, { Name: "a\\u202eb" }],
  ])("%s", (_, tags, expected) => {
    const resource = nodeResource({ ...node, tags }, place);
    expect(resource.Tags).toEqual(expected);
    expect(resource.Details).toEqual({ AwsEc2Instance: {} });
  });
});

describe("the cluster", () => {
  const arn = "arn:aws:eks:us-east-1:111122223333:cluster/prod";
  test.each([
    ["as EKS describes it", { version: "1.34", status: "ACTIVE" }, { Version: "1.34", ClusterStatus: "ACTIVE" }],
    ["with only its name, if EKS does not describe it", {}, {}],
  ])("%s", (_, described, details) => {
    const resource = clusterResource({ name: "prod", arn, autoMode: false, ...described }, place);
    expect(resource).toMatchObject({ Type: "AwsEksCluster", Id: arn });
    expect(resource.Details).toEqual({ AwsEksCluster: { Name: "prod", Arn: arn, ...details } });
  });
});

test.each([
  ["aws-us-gov", "aws-us-gov"],
  ["aws-cn", "aws-cn"],
  ["aws-eusc", undefined],
])("the partition %s is %s in ASFF", (partition, expected) => {
  expect(nodeResource(node, { ...place, partition }).Partition).toBe(expected);
});
