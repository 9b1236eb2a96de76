import { MissingPermissionError } from "../../../lambda/aws/missing-permission.ts";
import { printable } from "../../../lambda/text.ts";
import type { Io } from "../io.ts";

/** Something that did not go well, and where; the rest was done all the same. */
export interface Trouble {
  /** Absent where it is not about one Region, or one file. */
  where?: string;
  error: Error;
}

/** What went wrong, for the person who ran the command: one sentence on what, one on the way out. */
export function explain(error: Error): string {
  const { name, message } = error;
  const profile = process.env.AWS_PROFILE;
  if (error instanceof MissingPermissionError) {
    const said = error.cause instanceof Error ? error.cause.message : message;
    return printable(
      `You may not call ${error.action} on ${error.resource}. docs/cli.md has the policy that this command needs. AWS said: ${said}`,
    );
  }
  if (/CredentialsProviderError|TokenProviderError/.test(name)) {
    return profile
      ? `The profile ${JSON.stringify(profile)} gives no credentials (${message}). See which there are with: aws configure list-profiles. Sign in with: aws sso login --profile ${profile}`
      : "There are no AWS credentials. Sign in (aws sso login), or name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.";
  }
  if (/Region is missing/.test(message))
    return "No Region is set. Name one with --region, such as --region eu-west-1, or set AWS_REGION.";
  if (/^(UnrecognizedClient|InvalidClientTokenId|ExpiredToken|AuthFailure|InvalidAccessKeyId)/.test(name))
    return `AWS does not accept the credentials; sign in again, or name another profile with --profile. AWS said: ${printable(message)}`;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED/.test(message))
    return `AWS cannot be reached; is the Region's name right, and is there a way to its endpoint? (${message})`;
  // Our own errors are sentences; AWS's are often one word, and its name says more.
  return printable("$metadata" in error ? `${name}: ${message}` : message);
}

/** Tells each once, on standard error. */
export function tellOf(trouble: readonly Trouble[], { stderr }: Pick<Io, "stderr">): void {
  const lines = trouble.map(({ where, error }) => `audit: ${where ? `${where}: ` : ""}${explain(error)}\n`);
  for (const line of new Set(lines)) stderr.write(line);
}
