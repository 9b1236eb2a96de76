import { expect, test } from "vitest";
import { RunFailedError } from "../../../lambda/run/errors.ts";

const errors = (...messages: string[]) => messages.map((message) => new RangeError(message));

test.each([
  ["one error is told as it is", errors("a"), "RangeError: a"],
  ["the same error of many calls is told once", errors("a", "a", "a"), "RangeError: a"],
  ["a few are told one after the other", errors("a", "b"), "RangeError: a | RangeError: b"],
  [
    "of many the first are told and the rest counted",
    errors("a", "b", "c", "d", "e"),
    "RangeError: a | RangeError: b | RangeError: c | and 2 more",
  ],
])("%s", (_, trouble, message) => {
  const error = new RunFailedError(trouble);
  expect(error.message).toBe(message);
  expect(error.errors).toEqual(trouble);
});
