import { harmless } from "../../lambda/text.ts";
import type { Io } from "./io.ts";

/** Exit codes of the commands that judge. With several files, the highest code is used. */
export const exitCodes = { fine: 0, somethingFailed: 1, couldNotJudge: 2 } as const;

/** Output of a command for one evidence file: JSON, text and exit code. */
export interface Report {
  json: object;
  text: string;
  /** Lines for standard error. */
  notes?: readonly string[];
  exitCode: (typeof exitCodes)[keyof typeof exitCodes];
}

/** Prints one report as a JSON line or as text. Control characters that came from a node are escaped. */
export function print(
  { json, text, notes = [] }: Report,
  asJson: boolean,
  { stdout, stderr }: Pick<Io, "stdout" | "stderr">,
) {
  const shown = asJson ? harmless(exactJson(json)) : text;
  if (shown !== "") stdout.write(`${shown}\n`);
  for (const note of notes) stderr.write(`note: ${note}\n`);
}

/** JSON.stringify that writes a bigint as a number. */
export function exactJson(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(exactJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${exactJson(inner)}`).join(",")}}`;
}
