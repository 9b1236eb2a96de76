import { incomplete, KubeletRefuses } from "../domain/problems.ts";
import type { FlagType, KnownFlags } from "./known-flags.ts";

/** One flag on the command line. */
export interface FlagUse {
  /** The name with dashes, even if it is written with underscores. */
  name: string;
  type: FlagType;
  /** The path of the field that the flag sets. */
  field?: string;
  value: string;
  /** The text on the command line, for people. */
  written: string;
}

/** Thrown for a flag that is not in the table. A kubelet of another release may have it. */
export class UnknownFlag extends KubeletRefuses {
  /** The name with dashes, without the two leading ones. */
  readonly flag: string;
  constructor(typed: string, flag: string) {
    super(`unknown flag: ${typed}`);
    this.flag = flag;
  }
}

/** Maximum bytes of one argument on Linux: MAX_ARG_STRLEN, 32 pages. Source: execve(2). */
const longestArgument = 131_072;

/**
 * Parses a command line as spf13/pflag does for the kubelet (parseArgs, parseLongArg, parseSingleShortArg; the
 * kubelet's normalisation is k8s.io/component-base/cli/flag WordSepNormalizeFunc). There is no quoting, no
 * abbreviation and no `--no-x`. A word that is not a flag counts as a command, and the kubelet has no commands. In its
 * second parse it does not look for them.
 */
export function parseArguments(
  args: readonly string[],
  flags: KnownFlags,
  commands: "refused" | "ignored" = "refused",
): readonly FlagUse[] {
  if (args.some((arg) => arg.length > longestArgument)) {
    throw incomplete("An argument of the kubelet is longer than Linux allows.", "Collect again.");
  }
  const uses: FlagUse[] = [];
  const command = (word: string) => {
    if (commands === "refused") throw new KubeletRefuses(`unknown command ${quote(word)}`);
  };
  const rest = args.values();
  for (const arg of rest) {
    if (arg === "--") {
      for (const word of rest) command(word);
    } else if (arg.startsWith("--")) uses.push(longFlag(arg, rest, flags));
    else if (arg.startsWith("-") && arg !== "-") for (const use of shortFlags(arg, rest, flags)) uses.push(use);
    else command(arg);
  }
  return uses;
}

/**
 * `--name=value`, `--name value`, or `--name` alone for a bool. The next word is the value even if it looks like a
 * flag.
 */
function longFlag(arg: string, rest: Iterator<string>, flags: KnownFlags): FlagUse {
  if (arg.startsWith("---") || arg.startsWith("--=")) throw new KubeletRefuses(`bad flag syntax: ${arg}`);
  const equals = arg.indexOf("=");
  const typed = equals < 0 ? arg : arg.slice(0, equals);
  const name = typed.slice(2).replaceAll("_", "-");
  const flag = flags.get(name);
  if (flag === undefined) throw new UnknownFlag(typed, name);
  if (equals >= 0) return { name, ...flag, value: arg.slice(equals + 1), written: arg };
  if (standsAlone(flag.type)) return { name, ...flag, value: "true", written: arg };
  return { name, ...flag, ...takeNext(arg, rest) };
}

/** Single letters. The kubelet has two: -h for --help and -v for --v. */
const shorthands = new Map([
  ["h", "help"],
  ["v", "v"],
]);

function* shortFlags(arg: string, rest: Iterator<string>, flags: KnownFlags): Generator<FlagUse> {
  let letters = arg.slice(1);
  while (letters !== "") {
    const name = shorthands.get(letters.charAt(0));
    const flag = name && flags.get(name);
    if (!name || !flag) throw new KubeletRefuses(`unknown shorthand flag: ${quote(letters.charAt(0))} in ${arg}`);
    const after = letters.slice(1);
    letters = "";
    if (after.length > 1 && after.startsWith("=")) yield { name, ...flag, value: after.slice(1), written: arg };
    else if (standsAlone(flag.type)) {
      yield { name, ...flag, value: "true", written: arg };
      letters = after;
    } else if (after !== "") yield { name, ...flag, value: after, written: arg };
    else yield { name, ...flag, ...takeNext(arg, rest) };
  }
}

/**
 * Whether a flag may be written without a value (pflag's NoOptDefVal). Such a flag never takes the next word as its
 * value.
 */
function standsAlone(type: FlagType): boolean {
  return type === "bool" || type === "version";
}

function takeNext(flag: string, rest: Iterator<string>): { value: string; written: string } {
  const next = rest.next();
  if (next.done) throw new KubeletRefuses(`flag needs an argument: ${flag}`);
  return { value: next.value, written: `${flag} ${next.value === "" ? '""' : next.value}` };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
