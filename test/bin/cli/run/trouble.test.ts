import { afterEach, beforeEach, expect, test } from "vitest";
import { explain } from "../../../../bin/cli/run/trouble.ts";

let profile: string | undefined;
beforeEach(() => {
  profile = process.env.AWS_PROFILE;
  delete process.env.AWS_PROFILE;
});
afterEach(() => {
  if (profile === undefined) delete process.env.AWS_PROFILE;
  else process.env.AWS_PROFILE = profile;
});

const ofAws = (name: string, message: string) => Object.assign(new Error(message), { name, $metadata: {} });

test.each([
  ["expired keys", ofAws("ExpiredTokenException", "The security token is expired"), "Sign in again"],
  ["unknown keys", ofAws("UnrecognizedClientException", "The token is invalid"), "Sign in again"],
  ["a wrong secret key or clock", ofAws("RequestExpired", "Request has expired."), "the clock of this computer"],
  ["an unknown Region", new Error("getaddrinfo ENOTFOUND eks.us-east-9.amazonaws.com"), "the name of the Region"],
  ["no Region", new Error("Region is missing"), "--region eu-west-1"],
])("for %s, the message says what to do", (_, error, advice) => {
  expect(explain(error)).toContain(advice);
  expect(explain(error)).toContain(error.message === "Region is missing" ? "AWS_REGION" : error.message);
});

test("for an expired session, the message names the profile and the command that signs in", () => {
  const error = Object.assign(new Error("Token is expired"), { name: "TokenProviderError" });
  expect(explain(error)).toBe(
    "No valid AWS credentials found (Token is expired). Sign in (aws sso login), name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  );
  process.env.AWS_PROFILE = "prod";
  expect(explain(error)).toContain("aws sso login --profile prod");
});
