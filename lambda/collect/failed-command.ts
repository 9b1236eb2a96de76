import type { CommandPlugin } from "@aws-sdk/client-ssm";
import type { Unreadable } from "../domain/node.ts";
import { fitLine } from "../text.ts";

/** The fix for a failure that may be temporary. */
export const askAgain = "The next run tries again. If this recurs, read the SSM agent's log on the node.";

/** Separates standard output from standard error. Source: amazon-ssm-agent, agent/contracts. */
const errorTitle = "----------ERROR-------\n";

/**
 * Text that the SSM agent adds to standard error and that contains no cause. Source: amazon-ssm-agent,
 * agent/plugins/runscript and agent/contracts.
 */
const ofAgent = /failed to run commands: exit status \d+|---Error truncated-+|---Output truncated-+/g;

/** Maximum bytes, and so characters, of the quoted line of standard error. */
const longestQuote = 200;

interface Cause {
  pattern: RegExp;
  exitCode?: number;
  fix: string;
}

/** Known causes. The first pattern that matches standard error decides; without a match, the exit code decides. */
const causes: readonly Cause[] = [
  {
    pattern: /constrained ?language|language mode/i,
    fix: "PowerShell runs in its constrained language mode. Allow the SSM agent's scripts in the policy of App Control (WDAC) or AppLocker.",
  },
  {
    pattern: /running scripts is disabled|not digitally signed|blocked by (your )?(group|software restriction)/i,
    fix: "A policy forbids PowerShell scripts. Allow the SSM agent's scripts in the group policy for script execution, App Control (WDAC) or AppLocker.",
  },
  {
    pattern: /no space left on device|disk quota exceeded|not enough space on the disk/i,
    fix: "Free space or inodes on the disk with the SSM agent's directory. On Linux, df -h /var/lib/amazon/ssm and df -i /var/lib/amazon/ssm show them.",
  },
  {
    pattern: /read-only file system/i,
    fix: "Mount the file system of /var/lib/amazon/ssm read-write. If the kernel remounted it read-only after an error (see dmesg), replace the node.",
  },
  {
    pattern: /cannot allocate memory|out of memory|cannot fork|can't fork|signal: killed/i,
    exitCode: 137,
    fix: "Free memory on the node, or raise MemoryMax and TasksMax of the SSM agent's unit. journalctl -k shows whether the kernel killed the command.",
  },
  {
    pattern: /selinux|avc: +denied/i,
    fix: "Allow the SSM agent in the node's SELinux policy to run scripts below /var/lib/amazon/ssm. ausearch -m avc -ts today shows what was denied.",
  },
  {
    pattern: /permission denied|operation not permitted/i,
    exitCode: 126,
    fix: "Mount the file system of /var/lib/amazon/ssm without noexec (findmnt -T /var/lib/amazon/ssm shows its options). If it is not noexec, look for a denial of SELinux or AppArmor: ausearch -m avc -ts today, or journalctl -k.",
  },
  {
    pattern: /not found|no such file or directory/i,
    exitCode: 127,
    fix: "Install a POSIX shell as /bin/sh on the node, and make sure that PATH of the SSM agent contains its directory.",
  },
];

/** The reason for a command that ended with an error: its exit code, the last line of its standard error, and the fix. */
export function commandFailed({ ResponseCode = 0, Output = "" }: CommandPlugin = {}): Unreadable {
  const at = Output.lastIndexOf(errorTitle);
  const stderr = at < 0 ? "" : Output.slice(at + errorTitle.length);
  const lines = stderr.replace(ofAgent, "").split(/[\r\n]+/);
  const last = lines.findLast((line) => line.trim() !== "")?.trim();
  // The SSM agent returns -1 for a step that it did not start.
  const exitCode = ResponseCode > 0 ? ` with exit code ${ResponseCode}` : "";
  const quote = last && `: "${fitLine(JSON.stringify(last).slice(1, -1), longestQuote)}"`;
  const cause =
    causes.find(({ pattern }) => pattern.test(stderr)) ?? causes.find((each) => each.exitCode === ResponseCode);
  return {
    code: "COMMAND_FAILED",
    because: `The command failed on the node${exitCode}${quote ?? ""}.`,
    fix: cause?.fix ?? askAgain,
  };
}
