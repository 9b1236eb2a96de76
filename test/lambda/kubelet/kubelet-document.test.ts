import { describe, expect, test } from "vitest";
import { isList, isNumber, isObject, type JsonFrom, MalformedDocument, repeatedName } from "../../../lambda/go/json.ts";
import type { Source } from "../../../lambda/kubelet/configuration.ts";
import { readDocument } from "../../../lambda/kubelet/kubelet-document.ts";

const from: Source = { layer: "file", where: "/config" };
const read = (content: string | Buffer) => readDocument(Buffer.from(content), from);

/** Plain values. A number becomes its text between stars, so that tests see its original digits. */
function shown(json: JsonFrom<unknown>): unknown {
  if (isNumber(json)) return `*${json.number}*`;
  if (isList(json)) return json.items.map(shown);
  return isObject(json) ? json.members.map(({ name, value }) => [name, shown(value)]) : json;
}
const value = (yaml: string) => shown(read(`key: ${yaml}\n`).json);

describe("the content of a file decides whether it is read as JSON or YAML:", () => {
  test.each([
    ["JSON", '{"a": 1}'],
    ["JSON after white space", ' \t\r\n{"a":1}\n'],
    ["YAML", "a: 1\n"],
    ["YAML with Windows line ends", "a: 1\r\n"],
    ["YAML with a comment first", "# c\na: 1\n"],
    ["YAML after a document mark", "---\na: 1\n"],
    ["YAML with a malformed second document, of which only the first counts", 'a: 1\n---\n"b: [\n'],
    ["YAML that ends at its end mark", "a: 1\n...\nb: 2\n"],
    ["UTF-8 with a byte order mark", "\ufeffa: 1\n"],
    ["flow YAML after a byte order mark", "\ufeff{a: 1,}"],
    ["UTF-16, little endian", Buffer.from("\ufeffa: 1\n", "utf16le")],
    ["UTF-16, big endian", Buffer.from("\ufeffa: 1\n", "utf16le").swap16()],
    ["YAML with a directive for version 1.1", "%YAML 1.1\n---\na: 1\n"],
    ["JSON with an escape in a key", '{"\\u0061": 1}'],
  ])("%s", (_, content) => expect(shown(read(content).json)).toEqual([["a", "*1*"]]));

  test.each([
    ["an empty file", ""],
    ["blanks", " \n"],
    ["a comment", "# nothing\n"],
    ["an empty first document", "---\n---\na: 1\n"],
    ["a list", "[1]"],
    ["a word", "hello"],
    ["JSON with a comment", '{"a": 1} // c'],
    ["JSON with a trailing comma", '{"a": 1,}'],
    ["JSON in single quotes", "{'a': 1}"],
    ["flow YAML without quotes", "{a: 1}"],
    ["two JSON values", '{"a": 1}{"b": 2}'],
    ["a tab as indentation", "a:\n\tb: 1\n"],
    ["an unknown escape", '{"a": "\\x41"}'],
    ["a control character in JSON", '{"a": "\u0001"}'],
    ["a control character in YAML", "a: \u0001\n"],
    ["a number with a leading zero", '{"a": 01}'],
    ["a byte that is not UTF-8", Buffer.from([0x61, 0x3a, 0x20, 0xff])],
    ["YAML with a directive for version 1.2", "%YAML 1.2\n---\na: 1\n"],
    ["an unknown anchor", "a: *b\n"],
    ["an anchor within itself", "a: &b\n  c: *b\n"],
    ["a merge of a scalar", "a:\n  <<: 1\n"],
    ["a null key", "~: 1\n"],
    ["a list as key", "? [1]\n: 2\n"],
    ["infinity", "a: .inf\n"],
    ["a value that does not match its tag", "a: !!int x\n"],
  ])("%s is rejected", (_, content) => expect(() => read(content)).toThrow(MalformedDocument));
});

describe("YAML is read as go-yaml v2 reads it:", () => {
  test.each([
    ["y", true],
    ["No", false],
    ["ON", true],
    ["off", false],
    ["yEs", "yEs"],
    ['"no"', "no"],
    ["~", null],
    ["", null],
    ["null", null],
    ["''", ""],
    ["010", "*8*"],
    ["0x1F", "*31*"],
    ["0o17", "*15*"],
    ["0b11", "*3*"],
    ["1_000", "*1000*"],
    ["+1", "*1*"],
    ["1e3", "*1000*"],
    ["10255.0", "*10255*"],
    ["1.5", "*1.5*"],
    [".5", "*0.5*"],
    ["1:30:00", "1:30:00"],
    ["2001-12-14", "2001-12-14"],
    ["5m", "5m"],
    ["08", "*8*"],
    ["9007199254740993", "*9007199254740993*"],
    ["!!str 5", "5"],
    ["!!int '5'", "*5*"],
    ["!!binary aGk=", "hi"],
    ["!own 5", "5"],
    ["|\n  text\n", "text\n"],
  ])("the scalar %j becomes %j", (yaml, expected) => expect(value(yaml)).toEqual([["key", expected]]));

  test("keys that are not text become text", () => {
    expect(shown(read("y: 1\n5: 2\n").json)).toEqual([
      ["true", "*1*"],
      ["5", "*2*"],
    ]);
  });

  test("a later key overrides a merge, and the first merged mapping overrides the others", () => {
    const json = read("x: &x {a: 1, b: 1}\ny: &y {a: 2, c: 2}\nz:\n  <<: [*x, *y]\n  b: 3\n").json;
    expect(shown(json)).toContainEqual([
      "z",
      [
        ["a", "*1*"],
        ["c", "*2*"],
        ["b", "*3*"],
      ],
    ]);
  });

  test("a repeated key has its last value and is reported", () => {
    const document = read("a: {b: 1}\na: {c: 2}\n");
    expect(shown(document.json)).toEqual([["a", [["c", "*2*"]]]]);
    expect(document.repeatedKey).toBe("a");
  });

  test("an alias refers to the last anchor of its name before it", () => {
    expect(shown(read("a: &x 1\nb: *x\nc: &x 2\nd: *x\n").json)).toContainEqual(["b", "*1*"]);
  });
});

test("a repeated name in JSON is found at any depth", () => {
  const { json } = read('{"a": 1, "b": [{"c": {"d": 1, "d": 2}}]}');
  expect(repeatedName(json)).toBe("d");
});

test("a lone surrogate becomes the replacement character, as in Go", () => {
  expect(shown(read('{"a": "\\ud800"}').json)).toEqual([["a", "\ufffd"]]);
});
