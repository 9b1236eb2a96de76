import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";

/**
 * The finding with printable ASCII in one line for every text. No document says which characters Security Hub rejects, so
 * a rejected finding is sent once more in this form.
 */
export function inPlainText(finding: AwsSecurityFinding): AwsSecurityFinding {
  return JSON.parse(JSON.stringify(finding), (_, value: unknown) => (typeof value === "string" ? plain(value) : value));
}

function plain(text: string): string {
  // A text without any visible character would be rejected.
  return (
    text
      .replaceAll(/\s+/g, " ")
      .replaceAll(/[^ -~]/gu, "?")
      .trim() || "-"
  );
}
