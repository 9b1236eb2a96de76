import type { Declaration } from "../domain/setting.ts";
import { formatDuration } from "../go/literals.ts";
import type { FlagUse } from "./argv.ts";
import { isTexts, type Value } from "./configuration.ts";
import type { ReadFlag } from "./flag-values.ts";
import { mentions, type ReadDocument } from "./mentions.ts";

/** The declarations of a path in the order in which they are applied: file, drop-ins, flags. */
export type Declared = (path: string) => readonly Declaration[];

export function declarationsOf(documents: readonly ReadDocument[], flags: readonly ReadFlag[]): Declared {
  const flagged = declarationsByPath(flags);
  return (path) => {
    const declarations: Declaration[] = [];
    for (const document of documents) {
      const mention = mentions(document, path);
      if (mention) declarations.push({ ...document.from, value: mention.value });
    }
    for (const declaration of flagged.get(path) ?? []) declarations.push(declaration);
    return declarations;
  };
}

function declarationsByPath(flags: readonly ReadFlag[]): ReadonlyMap<string, Declaration[]> {
  const byPath = new Map<string, Declaration[]>();
  for (const use of flags) {
    const value = use.read;
    if (use.field === undefined || value === undefined) continue;
    if (value instanceof Map) for (const [key, one] of value) declare(byPath, `${use.field}.${key}`, use, one);
    else declare(byPath, use.field, use, value);
  }
  return byPath;
}

/** The uses of a list flag accumulate, so they form one declaration. */
function declare(byPath: Map<string, Declaration[]>, path: string, { written }: FlagUse, value: Value): void {
  const declarations = byPath.get(path) ?? [];
  byPath.set(path, declarations);
  const [list] = declarations;
  if (!isTexts(value)) declarations.push({ layer: "flag", where: written, value: inWords(value) });
  else if (list && Array.isArray(list.value)) {
    list.where += ` ${written}`;
    for (const member of value) list.value.push(member);
  } else declarations.push({ layer: "flag", where: written, value: [...value] });
}

function inWords(value: Value): unknown {
  return typeof value === "bigint" ? formatDuration(value) : value;
}
