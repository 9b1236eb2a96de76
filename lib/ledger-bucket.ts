import { Aws, CfnResource, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AnyPrincipal, Effect, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/** Key prefix of the ledgers. */
const prefix = "ledgers/";

/**
 * Age at which S3 deletes a ledger. The ledger of an existing cluster is written at least once a month, when its
 * findings are refreshed. Security Hub deletes findings after 90 days without an update, so an older ledger has no
 * findings left.
 */
const expiration = Duration.days(120);

/** Age at which S3 deletes old versions. Until then people can examine the history of ledgers and reports. */
const noncurrentVersionExpiration = Duration.days(30);

/**
 * Bucket with the ledger of each cluster. Deleting the stack keeps it, to protect against accidents. A new stack
 * creates another bucket and rebuilds its ledgers from Security Hub.
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
    acknowledge(bucket, {
      id: "AwsSolutions-S1",
      reason:
        "One function reads and writes a few objects a day and logs its actions; access logs would need another bucket.",
    });
    this.bucket = bucket;
  }

  /**
   * Lets `role` read and write ledgers, but not delete them. Denies writing to all other principals, because a forged
   * ledger would prevent updates of findings.
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
    // Without s3:ListBucket, S3 answers 403 instead of 404 for a missing object.
    this.grantListing(role);
    const resource = this.bucket.node.defaultChild;
    if (!CfnResource.isCfnResource(resource)) throw new Error("Bucket no longer wraps one CloudFormation resource");
    acknowledge(role, {
      // cdk-nag names attributes in angle brackets.
      id: `AwsSolutions-IAM5[Resource::<${Stack.of(this).getLogicalId(resource)}.Arn>/${prefix}*]`,
      reason: "One object per cluster, and clusters are created and deleted after deployment.",
    });
  }

  /** Lets `role` find the ledgers of deleted clusters. */
  grantListing(role: Role): void {
    role.addToPolicy(
      new PolicyStatement({
        sid: "ListLedgers",
        actions: ["s3:ListBucket"],
        resources: [this.bucket.bucketArn],
      }),
    );
  }

  /** Lets `role` write the report of this account-Region, which replaces the previous one. */
  grantReporting(role: Role): void {
    const resources = [`${this.bucket.bucketArn}/${this.report}`];
    role.addToPolicy(new PolicyStatement({ sid: "KeepReport", actions: ["s3:PutObject"], resources }));
  }
}
