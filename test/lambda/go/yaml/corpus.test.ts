import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { isList, isNumber, isObject, type JsonFrom, MalformedDocument, parseJson } from "../../../../lambda/go/json.ts";
import { parseYaml } from "../../../../lambda/go/yaml/parse-yaml.ts";
import type { Source } from "../../../../lambda/kubelet/configuration.ts";

interface Answer {
  yaml?: string;
  base64?: string;
  json?: string;
  refused?: true;
  repeatedKey?: boolean;
}

const answers: readonly Answer[] = readFileSync(new URL("corpus.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

const from: Source = { layer: "file", where: "/config" };

/** Values to compare: numbers keep their digits, and the order of names does not count. */
function comparable(json: JsonFrom<unknown>): unknown {
  if (isNumber(json)) return { number: json.number };
  if (isList(json)) return json.items.map(comparable);
  return isObject(json) ? new Map(json.members.map(({ name, value }) => [name, comparable(value)])) : json;
}

function contentOf({ yaml = "", base64 }: Answer): Buffer {
  return base64 === undefined ? Buffer.from(yaml) : Buffer.from(base64, "base64");
}

function read(answer: Answer): unknown {
  try {
    const { json, repeatedKey } = parseYaml(contentOf(answer), from);
    return { json: comparable(json), repeatedKey: repeatedKey !== undefined };
  } catch (error) {
    return error instanceof MalformedDocument ? "refused" : error;
  }
}

function expected({ json, repeatedKey = false }: Answer): unknown {
  return json === undefined ? "refused" : { json: comparable(parseJson(json, from)), repeatedKey };
}

test("every document of the corpus is read as go-yaml v2 reads it", () => {
  const disagreements = answers
    .map((answer) => ({ answer, read: read(answer), expected: expected(answer) }))
    .filter((one) => !isDeepStrictEqual(one.read, one.expected));
  expect(disagreements).toEqual([]);
});

test("the corpus is complete", () => {
  const refused = answers.filter((answer) => answer.refused).length;
  expect({ refused, read: answers.length - refused }).toEqual({ refused: 590, read: 747 });
});
