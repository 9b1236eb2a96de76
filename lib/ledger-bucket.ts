import { Aws, CfnResource, Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { AnyPrincipal, Effect, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";

/** Where the function keeps its ledgers. */
const prefix = "ledgers/";

/**
 * A ledger of a cluster that exists is written at least once a month, when its findings are refreshed. One that was not for
 * so long speaks of findings that Security Hub has forgotten, which it does after 90 days.
 */
const expiration = Duration.days(120);

/** For whoever has to find out how a ledger came to say what it says, or what the reports of the last weeks said. */
const noncurrentVersionExpiration = Duration.days(30);

/**
 * What was last published of every cluster. It stays when the stack goes, since nobody should lose it by a slip; a new stack
 * has a bucket of its own and rebuilds its ledgers from Security Hub.
 */
export class LedgerBucket extends Construct {
  readonly bucket: Bucket;
  /** Key of the last run's report. */
  readonly report = `reports/${Aws.ACCOUNT_ID}/${Aws.REGION}/latest.html`;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const bucket = new Bucket(this, "Bucket", {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        { expiration, noncurrentVersionExpiration, abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(bucket).acknowledge({
      id: "AwsSolutions-S1",
      reason:
        "One function reads and writes a few objects a day and logs what it does; access logs would need a bucket of their own.",
    });
    this.bucket = bucket;
  }

  /**
   * Gives `role` what keeping ledgers takes; it may not delete one. Nobody else may write a ledger, because a forged one
   * would keep findings from being updated.
   */
  grantKeeping(role: Role): void {
    const { bucketArn } = this.bucket;
    const objects = `${bucketArn}/${prefix}*`;
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: "OnlyTheAuditorWritesLedgers",
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ["s3:PutObject"],
        resources: [objects],
        conditions: { ArnNotEquals: { "aws:PrincipalArn": role.roleArn } },
      }),
    );
    role.addToPolicy(
      new PolicyStatement({ sid: "KeepLedgers", actions: ["s3:GetObject", "s3:PutObject"], resources: [objects] }),
    );
    // Without it S3 also answers 403 instead of 404 for what is not there.
    this.grantListing(role);
    const resource = this.bucket.node.defaultChild;
    if (!CfnResource.isCfnResource(resource)) throw new Error("Bucket no longer wraps one CloudFormation resource");
    Validations.of(role).acknowledge({
      // cdk-nag names attributes in angle brackets.
      id: `AwsSolutions-IAM5[Resource::<${Stack.of(this).getLogicalId(resource)}.Arn>/${prefix}*]`,
      reason: "One object per cluster, and clusters come and go after deployment.",
    });
  }

  /** Lets `role` find the ledgers of clusters that are gone. */
  grantListing(role: Role): void {
    role.addToPolicy(
      new PolicyStatement({
        sid: "ListLedgers",
        actions: ["s3:ListBucket"],
        resources: [this.bucket.bucketArn],
      }),
    );
  }

  /** Lets `role` put the report of a run in place of the one before: one object, of this account and Region. */
  grantReporting(role: Role): void {
    const resources = [`${this.bucket.bucketArn}/${this.report}`];
    role.addToPolicy(new PolicyStatement({ sid: "KeepReport", actions: ["s3:PutObject"], resources }));
  }
}
