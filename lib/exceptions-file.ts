import { readFileSync } from "node:fs";
import type { Exception } from "../lambda/domain/exception.ts";
import { type ExceptionScope, ExceptionsError, readExceptions } from "../lambda/judge/exceptions.ts";

/**
 * Reads an exceptions file, whose numbers of the CIS Amazon EKS Benchmark are those of `version`. Throws ExceptionsError if the
 * file cannot be read or contains an invalid exception.
 */
export function readExceptionsFile(path: string, allowed?: readonly ExceptionScope[], version?: string): Exception[] {
  return readExceptions(textOf(path), path, allowed, version);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ExceptionsError(path, [`it cannot be read: ${error instanceof Error ? error.message : error}`]);
  }
}
