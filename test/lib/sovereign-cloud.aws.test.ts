import { Template } from "aws-cdk-lib/assertions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClients } from "../../lambda/aws/clients.ts";
import { readSettings, SettingsError } from "../../lib/settings.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { resolveTemplate } from "../../local-aws/template.ts";
import { settings } from "./example-settings.ts";
import { stackWith } from "./stack-with.ts";

/** The Region of the European Sovereign Cloud. Source: AWS SDK for JavaScript, partitions. */
const region = "eusc-de-east-1";

describe("in aws-eusc", () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws();
  });
  afterAll(() => aws.close());

  test("every ARN of the stack is in this partition, and its log format is text", () => {
    const { alarmTopicArn: _, ...rest } = settings;
    const template = Template.fromStack(stackWith(rest)).toJSON();
    const { resources } = resolveTemplate(template, "EksKubeletAuditor", aws.at("111122223333", region));
    const text = JSON.stringify(resources);
    const partitions = new Set([...text.matchAll(/arn:(aws[\w-]*):/g)].map(([, partition]) => partition));
    expect([...partitions]).toEqual(["aws-eusc"]);
    expect(text).not.toContain("amazonaws.com/");
    expect(resources.find(({ type }) => type === "AWS::Lambda::Function")?.properties).toMatchObject({
      LoggingConfig: { LogFormat: "Text" },
    });
  });

  test.each(["ec2", "eks", "s3", "ssm", "securityHub", "sts"] as const)(
    "the client of %s calls an endpoint of this partition",
    (name) => {
      const { config } = createClients(region)[name] as { config: { endpointProvider(of: object): { url: URL } } };
      const { url } = config.endpointProvider({ Region: region, UseDualStack: false, UseFIPS: false });
      expect(url.hostname).toMatch(/\.eusc-de-east-1\.amazonaws\.eu$/);
    },
  );

  test("organization mode fails the synthesis, because this partition has no AWS Organizations", () => {
    const fleet = { organizationId: "o-a1b2c3d4e5", accounts: ["111122223333"], regions: [region] };
    expect(() => readSettings({ fleet })).toThrow(SettingsError);
    expect(() => readSettings({ fleet })).toThrow("aws-eusc, which has no AWS Organizations: deploy one stack there");
  });
});
