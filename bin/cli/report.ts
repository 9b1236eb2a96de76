import { harmless } from "../../lambda/text.ts";
import type { Io } from "./io.ts";

/** Exit codes of the commands that judge. Where files differ, the higher one wins. */
export const exitCodes = { fine: 0, somethingFailed: 1, couldNotJudge: 2 } as const;

/** What a command says of one evidence file: to machines, to people, and to the shell. */
export interface Report {
  json: object;
  text: string;
  exitCode: (typeof exitCodes)[keyof typeof exitCodes];
}

/** Prints one report, as a JSON line or as text. What came from a node reaches no terminal as a control character. */
export function print({ json, text }: Report, asJson: boolean, { stdout }: Pick<Io, "stdout">) {
  stdout.write(`${asJson ? harmless(JSON.stringify(json)) : text}\n`);
}
