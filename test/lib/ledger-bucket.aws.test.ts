import { Match, Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { defaults } from "./example-settings.ts";
import { stackWith } from "./stack-with.ts";

const template = Template.fromStack(stackWith(defaults));
const isForLambda = Match.objectLike({
  AssumeRolePolicyDocument: Match.objectLike({
    Statement: [Match.objectLike({ Principal: { Service: "lambda.amazonaws.com" } })],
  }),
});
const [bucket] = Object.keys(template.findResources("AWS::S3::Bucket"));

test("the bucket is encrypted, versioned and private, and is kept when the stack is deleted", () => {
  template.resourceCountIs("AWS::S3::Bucket", 1);
  template.hasResource("AWS::S3::Bucket", {
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
    Properties: {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      VersioningConfiguration: { Status: "Enabled" },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    },
  });
});

test("the bucket requires TLS", () => {
  template.hasResourceProperties("AWS::S3::BucketPolicy", {
    Bucket: { Ref: bucket },
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      ]),
    },
  });
});

test("the bucket policy denies writing a ledger to all principals except the function's role", () => {
  const [role] = Object.keys(template.findResources("AWS::IAM::Role", { Properties: isForLambda }));
  template.hasResourceProperties("AWS::S3::BucketPolicy", {
    PolicyDocument: {
      Statement: Match.arrayWith([
        {
          Sid: "OnlyTheAuditorWritesLedgers",
          Effect: "Deny",
          Principal: { AWS: "*" },
          Action: "s3:PutObject",
          Resource: { "Fn::Join": ["", [{ "Fn::GetAtt": [bucket, "Arn"] }, "/ledgers/*"]] },
          Condition: { ArnNotEquals: { "aws:PrincipalArn": { "Fn::GetAtt": [role, "Arn"] } } },
        },
      ]),
    },
  });
});

test("a ledger expires after Security Hub's retention of findings, and its old versions expire earlier", () => {
  template.hasResourceProperties("AWS::S3::Bucket", {
    LifecycleConfiguration: {
      Rules: [
        Match.objectLike({
          Status: "Enabled",
          ExpirationInDays: 120,
          NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        }),
      ],
    },
  });
});

test("the function's environment contains the bucket's name", () => {
  const [lambda] = Object.values(template.findResources("AWS::Lambda::Function"));
  expect(lambda?.Properties.Environment.Variables).toMatchObject({
    LEDGER_BUCKET: { Ref: bucket },
    EXCEPTIONS_FILE: "exceptions.yaml",
  });
});
