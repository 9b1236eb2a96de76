import fc from "fast-check";
import { expect, test } from "vitest";
import { line, listed, moment, plain, quoted } from "../../../../lambda/rules/kit/words.ts";

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
])("%s is shown harmlessly", (_, text, shown) => expect(plain(text)).toBe(shown));

test.each([
  ["text", "a", '"a"'],
  ["no text", "", '""'],
  ["a number", 0, "0"],
  ["nothing", undefined, "undefined"],
  ["null", null, "null"],
  ["a list", ["a", "b"], '["a","b"]'],
])("%s is shown as JSON has it", (_, value, shown) => expect(quoted(value)).toBe(shown));

test("a long text loses its middle", () => {
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
])("the list %j reads %j", (texts, text) => expect(listed(texts)).toBe(text));

test("a time beyond what a date can hold stays a number", () => {
  expect(moment(0)).toBe("1970-01-01T00:00:00Z");
  expect(moment(1e15)).toBe("@1000000000000000");
});

test("whatever a node says, a sentence stays on one line, prints, and has an end", () => {
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
