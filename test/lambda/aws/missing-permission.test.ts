import { expect, test } from "vitest";
import { explainDenial, MissingPermissionError } from "../../../lambda/aws/missing-permission.ts";

function refusal(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

const arn = "arn:aws:eks:us-east-1:111122223333:cluster/prod";

test.each([
  [
    "a JSON service",
    "AccessDeniedException",
    `User: u is not authorized to perform: a on resource: ${arn} because`,
    arn,
  ],
  ["EC2 with its own error name", "UnauthorizedOperation", "You are not authorized to perform this operation.", "*"],
  ["a Query service", "AccessDenied", `User: u is not authorized to perform: a on resource: ${arn}`, arn],
])("a denial of %s becomes an error with action and resource", (_, name, message, resource) => {
  const error = explainDenial("eks:DescribeCluster", refusal(name, message));
  expect(error).toBeInstanceOf(MissingPermissionError);
  expect(error).toMatchObject({ action: "eks:DescribeCluster", resource });
  expect(String(error)).toContain(`may not call eks:DescribeCluster on ${resource}`);
});

test("explainDenial returns any other error unchanged", () => {
  const error = refusal("ThrottlingException", "Rate exceeded");
  expect(explainDenial("ssm:SendCommand", error)).toBe(error);
});
