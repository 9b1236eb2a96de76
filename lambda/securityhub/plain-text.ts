import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";

/**
 * The finding with each text as one line of printable ASCII. No AWS document lists the characters that Security Hub
 * rejects, so a rejected finding is sent once more in this form.
 */
export function inPlainText(finding: AwsSecurityFinding): AwsSecurityFinding {
  return JSON.parse(JSON.stringify(finding), (_, value: unknown) => (typeof value === "string" ? plain(value) : value));
}

function plain(text: string): string {
  // Security Hub rejects a text without any visible character.
  return (
    text
      .replaceAll(/\s+/g, " ")
      .replaceAll(/[^ -~]/gu, "?")
      .trim() || "-"
  );
}
