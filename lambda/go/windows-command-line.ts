/** Backslashes and what follows them. */
const step = /(\\*)([^\\]|$)/gs;

/**
 * Windows hands a process one string, and the process takes it apart, the kubelet as Go does: blanks outside of quotes
 * separate; before a quote two backslashes are one, and one makes the quote a character; so does a quote right behind
 * one that closes. Source: golang/go src/os/exec_windows.go, commandLineToArgv.
 */
export function splitCommandLine(line: string): string[] {
  const argv: string[] = [];
  let argument: string | undefined;
  let quoted = false;
  let closed = false;
  for (const [, backslashes = "", character = ""] of line.matchAll(step)) {
    if (character === '"') {
      const isText: boolean = backslashes.length % 2 === 1 || (closed && backslashes === "");
      argument = `${argument ?? ""}${"\\".repeat(Math.floor(backslashes.length / 2))}${isText ? '"' : ""}`;
      if (!isText) quoted = !quoted;
      closed = !isText && !quoted;
      continue;
    }
    closed = false;
    const isBlank = /^[ \t]$/.test(character);
    const text = backslashes + (isBlank && !quoted ? "" : character);
    if (text !== "") argument = (argument ?? "") + text;
    if (isBlank && !quoted && argument !== undefined) {
      argv.push(argument);
      argument = undefined;
    }
  }
  return argument === undefined ? argv : [...argv, argument];
}
