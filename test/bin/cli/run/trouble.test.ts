import { expect, test } from "vitest";
import { explain } from "../../../../bin/cli/run/trouble.ts";
import { withEnvironment } from "../../../kit/environments.ts";

const explained = (error: Error, environment = {}) => withEnvironment(environment, async () => explain(error));

const ofAws = (name: string, message: string) => Object.assign(new Error(message), { name, $metadata: {} });

test.each([
  ["expired keys", ofAws("ExpiredTokenException", "The security token is expired"), "Sign in again"],
  ["unknown keys", ofAws("UnrecognizedClientException", "The token is invalid"), "Sign in again"],
  ["a wrong secret key or clock", ofAws("RequestExpired", "Request has expired."), "the clock of this computer"],
  ["an unknown Region", new Error("getaddrinfo ENOTFOUND eks.us-east-9.amazonaws.com"), "the name of the Region"],
  ["no Region", new Error("Region is missing"), "--region eu-west-1"],
])("for %s, the message says what to do", async (_, error, advice) => {
  const text = await explained(error);
  expect(text).toContain(advice);
  expect(text).toContain(error.message === "Region is missing" ? "AWS_REGION" : error.message);
});

test("for an expired session, the message names the profile and the command that signs in", async () => {
  const error = Object.assign(new Error("Token is expired"), { name: "TokenProviderError" });
  expect(await explained(error)).toBe(
    "No valid AWS credentials found (Token is expired). Sign in (aws sso login), name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  );
  expect(await explained(error, { AWS_PROFILE: "prod" })).toContain("aws sso login --profile prod");
});
