import { z } from "zod";

/**
 * Limits of the AWS Security Finding Format that BatchImportFindings enforces.
 * Source: Security Hub user guide, "ASFF syntax" and its pages on required and optional attributes; API model.
 */
const text = (maximum: number) => z.string().max(maximum).regex(/\S/, "should have a character that is not blank");
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/, "should match format date-time");
const url = z.url("should match format uri").max(2048);
const pairs = (keys: number, key: number, value: number) =>
  z.record(text(key), text(value)).refine((map) => Object.keys(map).length <= keys, {
    error: `should NOT have more than ${keys} properties`,
  });

const severity = z.looseObject({
  Label: z.enum(["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]).optional(),
  Original: text(64).optional(),
});
const types = z.array(z.string().regex(/^[^/]+(\/[^/]+){0,2}$/, "should be namespace/category/classifier")).max(50);
const score = z.number().int().min(0).max(100);
const related = z.array(z.object({ ProductArn: text(2048), Id: text(512) })).max(10);

const resource = z.looseObject({
  Type: text(256),
  Id: text(512),
  Partition: z.enum(["aws", "aws-cn", "aws-us-gov"]).optional(),
  Region: text(16).optional(),
  ResourceRole: text(64).optional(),
  Tags: pairs(50, 128, 256).optional(),
  Details: z.looseObject({ Other: pairs(50, 127, 1023).optional() }).optional(),
});

const compliance = z.looseObject({
  Status: z.enum(["PASSED", "WARNING", "FAILED", "NOT_AVAILABLE"]).optional(),
  RelatedRequirements: z.array(text(1024)).max(32).optional(),
  StatusReasons: z.array(z.looseObject({ ReasonCode: text(1024), Description: text(1024).optional() })).optional(),
});

const providerFields = z.looseObject({
  Severity: severity.optional(),
  Types: types.optional(),
  Confidence: score.optional(),
  Criticality: score.optional(),
  RelatedFindings: related.optional(),
});

export const finding = z
  .looseObject({
    SchemaVersion: z.literal("2018-10-08"),
    Id: text(512),
    ProductArn: text(2048).min(12),
    ProductName: text(128).optional(),
    CompanyName: text(128).optional(),
    GeneratorId: text(512),
    AwsAccountId: z.string().regex(/^\d{12}$/, "should match an account id"),
    FirstObservedAt: time.optional(),
    LastObservedAt: time.optional(),
    CreatedAt: time,
    UpdatedAt: time,
    Title: text(256),
    Description: text(1024),
    Severity: severity.optional(),
    Types: types.optional(),
    FindingProviderFields: providerFields.optional(),
    Remediation: z
      .looseObject({ Recommendation: z.looseObject({ Text: text(512).optional(), Url: url.optional() }).optional() })
      .optional(),
    SourceUrl: url.optional(),
    ProductFields: pairs(50, 128, 2048).optional(),
    UserDefinedFields: pairs(50, 128, 1024).optional(),
    Resources: z.array(resource).min(1).max(32),
    Compliance: compliance.optional(),
    RecordState: z.enum(["ACTIVE", "ARCHIVED"]).optional(),
    Workflow: z.looseObject({ Status: z.enum(["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"]).optional() }).optional(),
    Note: z.looseObject({ Text: text(512), UpdatedBy: text(512), UpdatedAt: time.optional() }).optional(),
    VerificationState: z.string().optional(),
    Confidence: score.optional(),
    Criticality: score.optional(),
    RelatedFindings: related.optional(),
  })
  .refine((each) => (each.FindingProviderFields?.Severity ?? each.Severity) !== undefined, {
    error: "should have required property 'FindingProviderFields.Severity' or 'Severity'",
  })
  .refine((each) => (each.FindingProviderFields?.Types ?? each.Types) !== undefined, {
    error: "should have required property 'FindingProviderFields.Types' or 'Types'",
  });

export type Finding = z.output<typeof finding>;

/** One message with every violation, in Security Hub's wording. */
export function complaint(error: z.ZodError): string {
  const complaints = error.issues.map((issue) => `${["data", ...issue.path].join(".")} ${wording(issue)}`);
  return `Finding does not adhere to Amazon Finding Format. ${complaints.join(", ")}.`;
}

function wording(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "too_big":
      return issue.origin === "string"
        ? `should NOT be longer than ${issue.maximum} characters`
        : `should NOT have more than ${issue.maximum} items`;
    case "too_small":
      return issue.origin === "string"
        ? `should NOT be shorter than ${issue.minimum} characters`
        : `should NOT have fewer than ${issue.minimum} items`;
    case "invalid_type":
      return issue.input === undefined ? "is a required property" : `should be ${issue.expected}`;
    case "invalid_value":
      return `should be equal to one of the allowed values ${issue.values.join(", ")}`;
    default:
      return issue.message;
  }
}
