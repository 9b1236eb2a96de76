import { describe, expect, test } from "vitest";
import { fitLine, fitText, harmless, line, listed, moment, nearest, plain, quoted } from "../../lambda/text.ts";
import fc from "../kit/properties.ts";

test.each([
  ["a path", "/etc/kubernetes/kubelet/config.json", "/etc/kubernetes/kubelet/config.json"],
  ["a Windows path", "C:\\ProgramData\\kubelet.json", "C:\\ProgramData\\kubelet.json"],
  ["an empty flag", "--client-ca-file=", "--client-ca-file="],
  ["an empty flag in two words", '--client-ca-file ""', '--client-ca-file ""'],
  ["a flag in two words", "--client-ca-file /x", "--client-ca-file /x"],
  ["a path that reads like a sentence", "/x is fine. All passed", '"/x is fine. All passed"'],
  ["a line feed", "/a\nb", '"/a\\nb"'],
  ["a bidirectional mark", "/a\u202eb", '"/a\\u202eb"'],
  ["an escape sequence", "/\u001b[31m", '"/\\u001b[31m"'],
  ["half a character", "/\ud83d", '"/\\ud83d"'],
])("plain() makes %s harmless", (_, text, shown) => expect(plain(text)).toBe(shown));

test.each([
  ["text", "a", '"a"'],
  ["no text", "", '""'],
  ["a number", 0, "0"],
  ["nothing", undefined, "undefined"],
  ["null", null, "null"],
  ["a list", ["a", "b"], '["a","b"]'],
])("quoted() shows %s as JSON", (_, value, shown) => expect(quoted(value)).toBe(shown));

test("plain() cuts the middle out of a long text", () => {
  const shown = plain(`/${"a".repeat(5000)}/kubelet.conf`);
  expect(shown).toHaveLength(121);
  expect(shown).toMatch(/^\/a+…a+\/kubelet\.conf$/);
});

test.each([
  [[], ""],
  [["a"], "a"],
  [["a", "b"], "a and b"],
  [["a", "b", "c"], "a, b and c"],
  [["a", "b", "c", "d", "e"], "a, b, c and 2 more"],
])("listed() joins %j to %j", (texts, text) => expect(listed(texts)).toBe(text));

test("moment() keeps a time outside the range of Date as a number", () => {
  expect(moment(0)).toBe("1970-01-01T00:00:00Z");
  expect(moment(1e15)).toBe("@1000000000000000");
});

test("any text from a node becomes one printable line of bounded length", () => {
  const anything = fc.string({ unit: "binary", maxLength: 2000 });
  fc.assert(
    fc.property(anything, (text) => {
      for (const shown of [plain(text), quoted(text), line(text)]) {
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(shown.length).toBeLessThan(6 * 250);
      }
    }),
  );
});

describe("fitText() makes text harmless for a console:", () => {
  test.each([
    ["plain text stays unchanged", "clientCAFile is unset", "clientCAFile is unset"],
    ["letters of any language stay unchanged", "Prüfung 検査 🎉", "Prüfung 検査 🎉"],
    ["a line feed stays", "a\nb", "a\nb"],
    ["a carriage return becomes an escape", "a\rb", "a\\u000db"],
    ["the start of an ANSI sequence becomes an escape", "\u001b[31mred", "\\u001b[31mred"],
    ["a bidirectional mark becomes an escape", "a\u202eb", "a\\u202eb"],
    ["an invisible blank becomes an escape", "a\u200bb", "a\\u200bb"],
    ["an invisible tag beyond the first plane becomes an escape", "a\u{e0041}b", "a\\udb40\\udc41b"],
    ["a lone surrogate becomes the replacement character", "a\ud800b", "a\ufffdb"],
  ])("%s", (_, text, expected) => {
    expect(fitText(text, 100)).toBe(expected);
  });

  test("fitLine() also escapes a line feed", () => {
    expect(fitLine("a\nb", 100)).toBe("a\\nb");
  });
});

describe("fitText() cuts text to the limit:", () => {
  test.each([
    ["text at the limit stays whole", "1234567890", "1234567890"],
    ["text beyond the limit ends in an ellipsis within the limit", "12345678901", "1234567…"],
    ["a character of three bytes is not split", "ありがとう", "あり…"],
    ["a flag emoji of two code points is not split", "abc🇩🇪xyz", "abc…"],
    ["a letter and its accent are not split", "123456e\u0301xyz", "123456…"],
    ["blanks before the ellipsis are removed", "123456    90", "123456…"],
  ])("%s", (_, text, expected) => {
    expect(fitText(text, 10)).toBe(expected);
  });

  test("any text fits in the bytes, is well formed and ends in an ellipsis if cut", () => {
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

describe("harmless() escapes text from outside:", () => {
  test.each([
    ["HTML", "<b>&amp;</b>", "\\u003cb\\u003e\\u0026amp;\\u003c/b\\u003e"],
    ["a Markdown link", "[all is well](http://x)", "[all is well]\\u0028http://x)"],
    ["code", "`rm`", "\\u0060rm\\u0060"],
    ["a line feed", "a\nb", "a\\u000ab"],
  ])("%s becomes an escape, and a second call changes nothing", (_, text, shown) => {
    expect(harmless(text)).toBe(shown);
    expect(harmless(shown)).toBe(shown);
  });
});

test("listed() formats only the members that it names", () => {
  const shown: number[] = [];
  const show = (member: number) => `${shown.push(member)}`;
  expect(listed([7, 8, 9], { show, most: 2 })).toBe("1, 2 and 1 more");
  expect(shown).toEqual([7, 8]);
});

test.each([
  ["event-qpss", "event-qps"],
  ["EventQPS", "event-qps"],
  ["logs", undefined],
])("nearest() returns for %s the name %s", (word, name) => expect(nearest(word, ["event-qps", "tag"])).toBe(name));
