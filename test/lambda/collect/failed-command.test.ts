import { expect, test } from "vitest";
import { commandFailed } from "../../../lambda/collect/failed-command.ts";
import { pluginOutput } from "../../../local-aws/ssm-output.ts";

const failed = (ResponseCode: number, stderr: string, stdout = "") =>
  commandFailed({ ResponseCode, Output: pluginOutput(stdout, stderr) });

/** The line that the SSM agent adds to the standard error of a failed step. */
const ended = (code: number) => `failed to run commands: exit status ${code}`;

test.each([
  ["a file system with noexec", 126, `sh: 1: /a/_script.sh: Permission denied\n${ended(126)}`, "noexec"],
  ["a shell that only returns its exit code 126", 126, ended(126), "noexec"],
  ["a full disk", 1, "open /a/_script.sh: no space left on device", "df -i"],
  ["a disk that became read-only", 1, "mkdir /a: read-only file system", "read-write"],
  ["a node without sh", 1, 'failed to run commands: exec: "sh": executable file not found in $PATH', "POSIX shell"],
  ["a script whose interpreter is missing", 127, ended(127), "POSIX shell"],
  ["a node without memory", 1, "fork/exec /bin/sh: cannot allocate memory", "MemoryMax"],
  ["a shell that the kernel killed", 137, "failed to run commands: signal: killed", "MemoryMax"],
  ["a shell of which only the exit code 137 is known", 137, "", "MemoryMax"],
  ["a denial of SELinux", 1, "SELinux is preventing sh from execute access", "SELinux policy"],
  [
    "PowerShell's constrained language mode",
    1,
    "Cannot invoke method.\r\n    + FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage\r\n",
    "constrained language mode",
  ],
  ["a policy against PowerShell scripts", 1, "a.ps1 cannot be loaded because running scripts is disabled", "forbids"],
  ["an unknown cause", 3, `something else\n${ended(3)}`, "SSM agent's log"],
])("a failed command has a fix for %s", (_, code, stderr, fix) => {
  expect(failed(code, stderr)).toMatchObject({ code: "COMMAND_FAILED", fix: expect.stringContaining(fix) });
});

test.each([
  ["the exit code and the last line of standard error", 126, `a\nb c\n${ended(126)}`, ' with exit code 126: "b c".'],
  ["the last line if SSM cut standard error", 1, `a\n${"b\n".repeat(2_000)}`, ' with exit code 1: "b".'],
  [
    "an error of the SSM agent",
    1,
    "failed to run commands: fork: x",
    ' with exit code 1: "failed to run commands: fork: x".',
  ],
  ["no line of standard output", 2, ended(2), " with exit code 2."],
  ["no exit code of a step that did not start", -1, "no such plugin", ': "no such plugin".'],
  ["escaped text", 1, 'a" \u202E<b>\u0007\n', ' with exit code 1: "a\\" \\u202e\\u003cb\\u003e\\u0007".'],
])("the reason for a failed command contains %s", (_, code, stderr, text) => {
  expect(failed(code, stderr, "secret\n").because).toBe(`The command failed on the node${text}`);
});

test("the reason quotes at most 200 characters of standard error, and splits none of them", () => {
  const { because } = failed(1, `x${"👍🏽".repeat(100)}\n`);
  expect(because).toMatch(/: "x(👍🏽)+…"\.$/u);
  expect(because.length).toBeLessThan(260);
});
