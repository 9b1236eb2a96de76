import { AsyncLocalStorage } from "node:async_hooks";
import { z } from "zod";
import { InvalidInputError } from "./errors.ts";
import type { AccountRegion, Caller, World } from "./holdings.ts";

/** Context of one API call. */
export interface Call {
  at: AccountRegion;
  caller: Caller;
  world: World;
}

export interface Operation {
  run(input: unknown, call: Call): object | Promise<object>;
}

/** Creates an operation. It rejects input that violates `model`; `run` returns the reply in wire format. */
export function operation<Input>(
  model: z.ZodType<Input>,
  run: (input: Input, call: Call) => object | Promise<object>,
): Operation {
  return { run: (input, call) => run(parse(model, input), call) };
}

function parse<Input>(model: z.ZodType<Input>, input: unknown): Input {
  const result = model.safeParse(input);
  if (result.success) return result.data;
  const complaints = result.error.issues.map(
    ({ path, message }) => `Value at '${path.join(".")}' failed to satisfy constraint: ${message}`,
  );
  throw new InvalidInputError(`${complaints.length} validation error(s) detected: ${complaints.join("; ")}`);
}

/**
 * Fault in the next page. "empty": a page without entries, followed by the page as it was. "again": the page comes
 * twice.
 * "not yet": an empty list, as an eventually consistent service returns it.
 */
export type PageFault = "empty" | "again" | "not yet";

/** The page fault of the running operation. */
export const pageFault = new AsyncLocalStorage<PageFault>();

/** Returns one page of a list and the token of the next page. Calls `refuse` for an invalid token. */
export function page<Entry>(
  entries: readonly Entry[],
  size: number,
  token: string | undefined,
  refuse: () => never,
): { entries: Entry[]; nextToken?: string } {
  const start = token === undefined ? 0 : readToken(token, refuse);
  const end = start + size;
  const tokenFor = (position: number) => Buffer.from(`local-aws:${position}`).toString("base64url");
  const onPage = entries.slice(start, end);
  switch (pageFault.getStore()) {
    case "empty":
      return { entries: [], nextToken: tokenFor(start) };
    case "again":
      return { entries: onPage, nextToken: tokenFor(start) };
    case "not yet":
      return { entries: [] };
    default:
      return { entries: onPage, ...(end < entries.length && { nextToken: tokenFor(end) }) };
  }
}

function readToken(token: string, refuse: () => never): number {
  const [, position] = /^local-aws:(\d+)$/.exec(Buffer.from(token, "base64url").toString()) ?? [];
  return position === undefined ? refuse() : Number(position);
}

/** Models for query strings and forms, which contain numbers and booleans as text. */
export const numberInText = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum);
export const booleanInText = z.enum(["true", "false"]).transform((text) => text === "true");
