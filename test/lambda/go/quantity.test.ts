import { expect, test } from "vitest";
import { canonicalQuantity, parseQuantity } from "../../../lambda/go/quantity.ts";

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
])("%j has the sign %i, and its `integral` is %s", (text, sign, integral) => {
  expect(parseQuantity(text)).toEqual({ sign, integral });
});

test.each(["", "1KB", "1.5.2", "x", "1 Gi", "600MB", "1ki", "1e", "1e1.5", "--1", "Gi1"])(
  "%j is not a quantity",
  (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  },
);

test.each([
  ["0Ki", "0"],
  ["1048576Ki", "1Gi"],
  ["1.5Gi", "1536Mi"],
  ["1073741824", "1073741824"],
  ["1000000", "1M"],
  ["0.5", "500m"],
  ["500Mi", "500Mi"],
  ["1000Ki", "1000Ki"],
  ["0.5Ki", "512"],
  ["0.1Ki", "102400m"],
  ["-2Ki", "-2Ki"],
  ["1e7", "10e6"],
  ["1e3", "1e3"],
  ["1E3", "1e3"],
  ["1E", "1E"],
  ["3n", "3n"],
  ["0.0000000001", "1n"],
  ["0.00000000010001", "1n"],
  ["1e-999999999", "1e-9"],
  ["007", "7"],
  ["99999999999999999999", "9223372036854775807"],
  ["9999999999Ei", "9223372036854775807"],
])("%j is written as %j", (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});

test("a quantity of a hundred thousand digits is written as the nearest value that Go keeps", () => {
  expect(canonicalQuantity("9".repeat(100_000))).toBe("9223372036854775807");
  expect(canonicalQuantity(`0.${"3".repeat(100_000)}Ki`)).toBe("341333333334n");
});
