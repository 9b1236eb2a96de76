import { expect, test } from "vitest";
import { canonicalJson } from "../../../lambda/domain/canonical-json.ts";

test.each([
  ["sorted keys", { a: [{ c: 1, d: "x" }], b: null }],
  ["keys in another order", { b: null, a: [{ d: "x", c: 1 }] }],
  ["members without a value", { b: null, z: undefined, a: [{ d: "x", c: 1, e: undefined }] }],
])("objects with equal members have the same text: %s", (_, value) => {
  expect(canonicalJson(value)).toBe('{"a":[{"c":1,"d":"x"}],"b":null}');
});
