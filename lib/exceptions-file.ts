import { readFileSync } from "node:fs";
import type { Exception } from "../lambda/domain/exception.ts";
import { type ExceptionScope, ExceptionsError, readExceptions } from "../lambda/judge/exceptions.ts";

/** The exceptions that a person wrote into a file. Throws ExceptionsError where it cannot be read, or not be used. */
export function readExceptionsFile(path: string, allowed?: readonly ExceptionScope[]): Exception[] {
  return readExceptions(textOf(path), path, allowed);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ExceptionsError(path, [`it cannot be read: ${error instanceof Error ? error.message : error}`]);
  }
}
