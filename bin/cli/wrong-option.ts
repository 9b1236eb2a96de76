/** True for an error with which parseArgs of node:util rejects a command line. */
export function isWrongOption(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
