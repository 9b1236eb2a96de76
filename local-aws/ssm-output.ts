/**
 * Maximum bytes of a script's output that SSM returns. If a cut splits a character, the rest of it becomes U+FFFD.
 * Source: amazon-ssm-agent agent/contracts and agent/framework/processor (truncation of plugin output).
 */
export const outputSizes = {
  /** StandardOutputContent of GetCommandInvocation. */
  standardOutput: 24_000,
  /** StandardErrorContent of GetCommandInvocation. Source: SSM API model. */
  standardError: 8_000,
  /** CommandPlugins[].Output of ListCommandInvocations. */
  plugin: 2_500,
} as const;

const errorTitle = "\n----------ERROR-------\n";
const outputMark = "\n---Output truncated---";
const errorMark = "\n---Error truncated----";
const standardMark = "--output truncated--";

/**
 * Returns text of fewer than `size` bytes unchanged. Otherwise cuts it to `size` bytes, including `mark` at the end.
 */
function cut(text: string, size: number, mark: string): string {
  const bytes = Buffer.from(text);
  return bytes.length < size ? text : bytes.subarray(0, Math.max(0, size - mark.length)).toString() + mark;
}

export const standardOutput = (stdout: string): string => cut(stdout, outputSizes.standardOutput, standardMark);
export const standardError = (stderr: string): string => cut(stderr, outputSizes.standardError, standardMark);

/** Joins both streams. If they are too long together, the longer one is cut first. */
export function pluginOutput(stdout: string, stderr: string): string {
  const title = stderr === "" ? "" : errorTitle;
  const space = outputSizes.plugin - title.length;
  const [outputBytes, errorBytes] = [Buffer.byteLength(stdout), Buffer.byteLength(stderr)];
  if (outputBytes + errorBytes < space) return stdout + title + stderr;
  const half = Math.floor(space / 2);
  const outputSpace = errorBytes < half ? space - errorBytes : Math.min(outputBytes + 1, half);
  const errorSpace = outputBytes < half ? space - outputBytes : Math.min(errorBytes + 1, half);
  return cut(stdout, outputSpace, outputMark) + title + cut(stderr, errorSpace, errorMark);
}
