import {
  blanks,
  type Cursor,
  comment,
  current,
  looksAt,
  malformed,
  match,
  pattern,
  take,
  takeBreak,
} from "./cursor.ts";

/** Readers of anchors, aliases, tags and directives. */

const name = pattern`[0-9A-Za-z_-]+(?=[<white>?:,\]}%@\x60])`;
const nothing = pattern`(?=[<white>])`;

/** The name of the anchor or alias at the cursor. */
export function readAnchorName(cursor: Cursor): string {
  cursor.at++;
  return take(cursor, name) || fail(cursor, "an anchor has no name of letters, digits, - and _");
}

export interface Tag {
  handle: string;
  suffix: string;
}

const escapedCharacters = [
  "%[0-7][0-9a-f]",
  "%[cd][0-9a-f]%[89ab][0-9a-f]",
  "%e[0-9a-f](?:%[89ab][0-9a-f]){2}",
  "%f[0-7](?:%[89ab][0-9a-f]){3}",
].join("|");
const uri = new RegExp(`(?:[0-9a-z_\\-;/?:@&=+$,.!~*'()[\\]]|${escapedCharacters})+`, "iy");
const handle = /![0-9A-Za-z_-]*!?/y;

/** Reads `!<tag>`, `!handle!suffix`, `!suffix` or `!`. A comma directly after a tag is part of the tag. */
export function readTag(cursor: Cursor): Tag {
  const tag = match(cursor, /!</y) ? readVerbatimTag(cursor) : readShortTag(cursor);
  if (!looksAt(cursor, nothing)) fail(cursor, "a tag must be followed by white space");
  return tag;
}

function readVerbatimTag(cursor: Cursor): Tag {
  const suffix = readUri(cursor);
  if (!match(cursor, />/y)) fail(cursor, "a tag lacks its >");
  return { handle: "", suffix };
}

function readShortTag(cursor: Cursor): Tag {
  const start = take(cursor, handle);
  if (start.length > 1 && start.endsWith("!")) return { handle: start, suffix: readUri(cursor) };
  const suffix = start.slice(1) + decodeUri(take(cursor, uri));
  return suffix === "" ? { handle: "", suffix: "!" } : { handle: "!", suffix };
}

function readUri(cursor: Cursor): string {
  return decodeUri(take(cursor, uri) || fail(cursor, "a tag is incomplete"));
}

/** Decodes each byte as a character, because only ASCII tags have a meaning. */
function decodeUri(tag: string): string {
  return tag.replace(/%(..)/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
}

export type Directive = { type: "version"; is11: boolean } | ({ type: "tag directive" } & Tag);

const version = pattern`%YAML[ \t]+([0-9]{1,2})\.([0-9]{1,2})(?![0-9])`;
const tagDirective = pattern`%TAG[ \t]+(!(?:[0-9A-Za-z_-]*!)?)[ \t]+`;

/** go-yaml accepts only the directives %YAML and %TAG. */
export function readDirective(cursor: Cursor): Directive {
  const directive = readVersion(cursor) ?? readTagDirective(cursor) ?? fail(cursor, "an unknown directive");
  take(cursor, blanks);
  take(cursor, comment);
  if (current(cursor) !== "\0" && takeBreak(cursor) === "") fail(cursor, "a directive does not end with its line");
  return directive;
}

function readVersion(cursor: Cursor): Directive | undefined {
  const found = match(cursor, version);
  return found && { type: "version", is11: Number(found[1]) === 1 && Number(found[2]) === 1 };
}

function readTagDirective(cursor: Cursor): Directive | undefined {
  const [, handle] = match(cursor, tagDirective) ?? [];
  if (handle === undefined) return undefined;
  const suffix = readUri(cursor);
  return looksAt(cursor, nothing) ? { type: "tag directive", handle, suffix } : fail(cursor, "a malformed tag prefix");
}

function fail(cursor: Cursor, what: string): never {
  throw malformed(cursor, what);
}
