import { MissingPermissionError } from "../../../lambda/aws/missing-permission.ts";
import { printable, withReply } from "../../../lambda/text.ts";
import type { Io } from "../io.ts";

/** An error that did not stop the command, and its place. */
export interface Trouble {
  /** Region or file; absent if the error concerns neither. */
  where?: string;
  error: Error;
}

/** Text of an error for the user: what is wrong and what to do. */
export function explain(error: Error): string {
  const { name, message } = error;
  const profile = process.env.AWS_PROFILE;
  if (error instanceof MissingPermissionError) {
    const text = `Your credentials do not allow ${error.action} on ${error.resource}. Allow it: docs/cli.md contains the policy that this command needs.`;
    return printable(withReply(text, error.cause instanceof Error ? error.cause : error));
  }
  if (/CredentialsProviderError|TokenProviderError/.test(name)) {
    return profile
      ? `The profile ${JSON.stringify(profile)} has no valid credentials (${message}). List the profiles with: aws configure list-profiles. Sign in with: aws sso login --profile ${profile}`
      : `No valid AWS credentials found (${message}). Sign in (aws sso login), name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;
  }
  if (/Region is missing/.test(message))
    return "No Region is set. Name one with --region, such as --region eu-west-1, or set AWS_REGION.";
  if (/^(UnrecognizedClient|InvalidClientTokenId|ExpiredToken|AuthFailure|InvalidAccessKeyId)/.test(name))
    return printable(
      withReply("AWS rejects the credentials. Sign in again, or name another profile with --profile.", error),
    );
  if (/^(RequestExpired|InvalidSignature|SignatureDoesNotMatch|RequestTimeTooSkewed)/.test(name))
    return printable(
      withReply("AWS rejects the signature. Check the secret key and the clock of this computer.", error),
    );
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED/.test(message))
    return `AWS cannot be reached (${message}). Check the name of the Region, and the network connection to its endpoint.`;
  // The auditor's own errors are sentences. An AWS message is often a single word, so the name of the error is added.
  return printable("$metadata" in error ? `${name}: ${message}` : message);
}

/** Writes each error once to standard error. */
export function tellOf(trouble: readonly Trouble[], { stderr }: Pick<Io, "stderr">): void {
  const lines = trouble.map(({ where, error }) => `error: ${where ? `${where}: ` : ""}${explain(error)}\n`);
  for (const line of new Set(lines)) stderr.write(line);
}
