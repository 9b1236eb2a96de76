import { expect, test } from "vitest";
import { RunFailedError } from "../../../lambda/run/errors.ts";

const errors = (...messages: string[]) => messages.map((message) => new RangeError(message));

test.each([
  ["contains a single error", errors("a"), "RangeError: a"],
  ["contains the same error of many calls once", errors("a", "a", "a"), "RangeError: a (3 times)"],
  ["joins a few errors", errors("a", "b"), "RangeError: a | RangeError: b"],
  [
    "contains the first of many errors and counts the rest",
    errors("a", "b", "c", "d", "e"),
    "RangeError: a | RangeError: b | RangeError: c | and 2 more",
  ],
])("the message of a failed run %s", (_, trouble, message) => {
  const error = new RunFailedError(trouble);
  expect(error.message).toBe(message);
  expect(error.errors).toEqual(trouble);
});
