import { expect, test } from "vitest";
import { parseQuantity } from "../../../lambda/go/quantity.ts";

test.each([
  ["0", 0, true],
  ["0Ki", 0, true],
  ["000.000e5", 0, true],
  ["+", 0, true],
  [".", 0, true],
  ["1Gi", 1, true],
  ["+1.5Gi", 1, true],
  ["-5M", -1, true],
  ["100m", 1, false],
  ["1000m", 1, true],
  ["0.5", 1, false],
  ["0.5Ki", 1, true],
  ["0.1Ki", 1, false],
  ["1e-3", 1, false],
  ["1e3", 1, true],
  ["1.5e1", 1, true],
  ["1E", 1, true],
  ["3n", 1, false],
])("%j has the sign %i, and it is %s that it is whole", (text, sign, integral) => {
  expect(parseQuantity(text)).toEqual({ sign, integral });
});

test.each(["", "1KB", "1.5.2", "x", "1 Gi", "600MB", "1ki", "1e", "1e1.5", "--1", "Gi1"])(
  "%j is not a quantity",
  (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  },
);
