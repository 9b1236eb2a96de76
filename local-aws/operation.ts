import { AsyncLocalStorage } from "node:async_hooks";
import { z } from "zod";
import { InvalidInputError } from "./errors.ts";
import type { AccountRegion, Caller, World } from "./holdings.ts";

/** Who calls, where, and the world around it. */
export interface Call {
  at: AccountRegion;
  caller: Caller;
  world: World;
}

export interface Operation {
  run(input: unknown, call: Call): object | Promise<object>;
}

/** An operation takes only input that its model allows; what it answers is the reply as it stands on the wire. */
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
 * What becomes of a page by plan: "empty" has nothing on it and goes on where it began, "again" goes on there too, so that
 * its entries come twice, and "not yet" knows of nothing, as a list does that is eventually consistent.
 */
export type PageFault = "empty" | "again" | "not yet";

/** Holds while an operation runs that meets such a fault. */
export const pageFault = new AsyncLocalStorage<PageFault>();

/** One page of a list and the token of the next one. A token that is not ours goes to `refuse`. */
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

/** Query strings and forms carry numbers and booleans as text. */
export const numberInText = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum);
export const booleanInText = z.enum(["true", "false"]).transform((text) => text === "true");
