import { readFileSync } from "node:fs";
import type { Exception } from "../lambda/domain/exception.ts";
import { type ExceptionContext, ExceptionsError, readExceptions } from "../lambda/judge/exceptions.ts";

/** Reads an exceptions file. Throws ExceptionsError if the file cannot be read or contains an invalid exception. */
export function readExceptionsFile(path: string, context?: ExceptionContext): Exception[] {
  return readExceptions(textOf(path), path, context);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ExceptionsError(path, [`it cannot be read: ${error instanceof Error ? error.message : error}`]);
  }
}
