/** Text without a meaning, or backslashes and the character after them. */
const step = /([^\\" \t]+)|(\\*)([^\\]|$)/gs;

/**
 * Splits a command line as Go, and so the kubelet, does on Windows, where a process gets one string. Blanks outside of
 * quotes separate arguments. Before a quote, two backslashes are one backslash, and a single backslash makes the quote
 * a character. A quote directly after a closing quote is also a character. Source: golang/go src/os/exec_windows.go,
 * commandLineToArgv.
 */
export function splitCommandLine(line: string): string[] {
  const argv: string[] = [];
  let argument: string | undefined;
  let quoted = false;
  let closed = false;
  for (const [, plain, backslashes = "", character = ""] of line.matchAll(step)) {
    if (plain !== undefined) {
      argument = (argument ?? "") + plain;
      closed = false;
      continue;
    }
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
