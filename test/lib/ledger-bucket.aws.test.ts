import { Match, Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { defaults } from "./example-settings.ts";
import { stackWith } from "./stack-with.ts";

const template = Template.fromStack(stackWith(defaults));
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
      Statement: [Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } })],
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
