import type { Exception } from "../lambda/domain/exception.ts";
import { type ExceptionContext, ExceptionsError, readExceptions } from "../lambda/judge/exceptions.ts";
import { readTextFile } from "./text-file.ts";

/** Reads an exceptions file. Throws ExceptionsError if the file cannot be read or contains an invalid exception. */
export function readExceptionsFile(path: string, context?: ExceptionContext): Exception[] {
  const text = readTextFile(path, (reason) => new ExceptionsError(path, [reason]));
  return readExceptions(text, path, context);
}
