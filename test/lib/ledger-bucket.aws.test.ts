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

test("there is one bucket: encrypted, versioned, private, and it stays when the stack goes", () => {
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

test("it is spoken to over TLS only", () => {
  template.hasResourceProperties("AWS::S3::BucketPolicy", {
    Bucket: { Ref: bucket },
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      ]),
    },
  });
});

test("nobody but the function's role may write a ledger", () => {
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

test("a ledger that nobody has written for longer than Security Hub keeps findings goes, and old versions before it", () => {
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

test("the function is told its name", () => {
  const [lambda] = Object.values(template.findResources("AWS::Lambda::Function"));
  expect(lambda?.Properties.Environment.Variables).toMatchObject({
    LEDGER_BUCKET: { Ref: bucket },
    EXCEPTIONS_FILE: "exceptions.yaml",
  });
});
