import { EC2Client } from "@aws-sdk/client-ec2";
import { EKSClient } from "@aws-sdk/client-eks";
import { OrganizationsClient } from "@aws-sdk/client-organizations";
import { S3Client } from "@aws-sdk/client-s3";
import { SecurityHubClient } from "@aws-sdk/client-securityhub";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
import type { LocalAws } from "../../local-aws/server.ts";

interface ClientOptions {
  accessKeyId?: string;
  region?: string;
  /** Default: 1. Without retries a test sees every error. */
  maxAttempts?: number;
}

/** SDK clients with the embedded AWS as endpoint. */
export function clients(aws: LocalAws, options: ClientOptions = {}) {
  const { accessKeyId = aws.environment().AWS_ACCESS_KEY_ID ?? "", region = "us-east-1", maxAttempts = 1 } = options;
  const config = { endpoint: aws.endpoint, region, credentials: { accessKeyId, secretAccessKey: "any" }, maxAttempts };
  return {
    ec2: new EC2Client(config),
    eks: new EKSClient(config),
    hub: new SecurityHubClient(config),
    organizations: new OrganizationsClient(config),
    s3: new S3Client(config),
    ssm: new SSMClient(config),
    sts: new STSClient(config),
  };
}

/** Name, HTTP status and message of a call's error; "no refusal" if the call succeeds. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata = "$metadata" in error ? error.$metadata : undefined;
    const status =
      metadata && typeof metadata === "object" && "httpStatusCode" in metadata ? metadata.httpStatusCode : "-";
    return `${error.name} ${status}: ${error.message}`;
  }
  return "no refusal";
}
