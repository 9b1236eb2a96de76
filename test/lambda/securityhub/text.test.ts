import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitLine, fitText } from "../../../lambda/securityhub/text.ts";

describe("text that cannot do harm in a console", () => {
  test.each([
    ["plain text stays as it is", "clientCAFile is unset", "clientCAFile is unset"],
    ["so do letters of any language", "Prüfung 検査 🎉", "Prüfung 検査 🎉"],
    ["a line feed stays", "a\nb", "a\nb"],
    ["a carriage return is shown", "a\rb", "a\\u000db"],
    ["an ANSI escape is shown", "\u001b[31mred", "\\u001b[31mred"],
    ["a mark that turns the reading direction is shown", "a\u202eb", "a\\u202eb"],
    ["so is an invisible blank", "a\u200bb", "a\\u200bb"],
    ["so is an invisible tag beyond the first plane", "a\u{e0041}b", "a\\u{e0041}b"],
    ["half a character becomes the replacement character", "a\ud800b", "a\ufffdb"],
  ])("%s", (_, text, expected) => {
    expect(fitText(text, 100)).toBe(expected);
  });

  test("on one line a line feed is shown, too", () => {
    expect(fitLine("a\nb", 100)).toBe("a\\nb");
  });
});

describe("text that is cut", () => {
  test.each([
    ["text at the limit is not", "1234567890", "1234567890"],
    ["text beyond it ends in an ellipsis within the limit", "12345678901", "1234567…"],
    ["a character of three bytes is kept whole or not at all", "ありがとう", "あり…"],
    ["so is a flag made of two", "abc🇩🇪xyz", "abc…"],
    ["so is a letter with its accent", "123456e\u0301xyz", "123456…"],
    ["blanks before the ellipsis go", "123456    90", "123456…"],
  ])("%s", (_, text, expected) => {
    expect(fitText(text, 10)).toBe(expected);
  });

  test("whatever the text, it fits in bytes, is well formed and says that it was cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.integer({ min: 3, max: 200 }), (text, bytes) => {
        const fitted = fitText(text, bytes);
        expect(Buffer.byteLength(fitted)).toBeLessThanOrEqual(bytes);
        expect(fitted.isWellFormed()).toBe(true);
        if (Buffer.byteLength(text) > bytes) expect(fitted.endsWith("…")).toBe(true);
      }),
    );
  });
});
