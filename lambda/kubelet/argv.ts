import { incomplete, KubeletRefuses } from "../domain/problems.ts";
import type { FlagType } from "./known-options.ts";

/** One flag on the command line. */
export interface FlagUse {
  /** With dashes, whatever dashes and underscores were typed. */
  name: string;
  type: FlagType;
  value: string;
  /** As it stands on the command line, for people. */
  written: string;
}

/** Bytes that Linux allows in one argument: MAX_ARG_STRLEN, 32 pages. Source: execve(2). */
const longestArgument = 131_072;

/**
 * Takes a command line apart as spf13/pflag does for the kubelet (parseArgs, parseLongArg, parseSingleShortArg; the
 * kubelet's normalisation is k8s.io/component-base/cli/flag WordSepNormalizeFunc). There is no quoting, no
 * abbreviation and no `--no-x`. What is no flag is taken for a command, and the kubelet has none.
 */
export function parseArguments(args: readonly string[], flags: ReadonlyMap<string, FlagType>): readonly FlagUse[] {
  if (args.some((arg) => arg.length > longestArgument)) {
    throw incomplete("An argument of the kubelet is longer than Linux allows.", "Collect again.");
  }
  const uses: FlagUse[] = [];
  const rest = args.values();
  for (const arg of rest) {
    if (arg === "--") {
      const [command] = rest;
      if (command !== undefined) throw new KubeletRefuses(`unknown command ${quote(command)}`);
    } else if (arg.startsWith("--")) uses.push(longFlag(arg, rest, flags));
    else if (arg.startsWith("-") && arg !== "-") for (const use of shortFlags(arg, rest, flags)) uses.push(use);
    else throw new KubeletRefuses(`unknown command ${quote(arg)}`);
  }
  return uses;
}

/** `--name=value`, `--name value`, or `--name` alone for a bool. The next word is the value whatever it looks like. */
function longFlag(arg: string, rest: Iterator<string>, flags: ReadonlyMap<string, FlagType>): FlagUse {
  if (/^--[-=]/.test(arg)) throw new KubeletRefuses(`bad flag syntax: ${arg}`);
  const equals = arg.indexOf("=");
  const typed = equals < 0 ? arg : arg.slice(0, equals);
  const name = typed.slice(2).replaceAll("_", "-");
  const type = flags.get(name);
  if (type === undefined) throw new KubeletRefuses(`unknown flag: ${typed}`);
  if (equals >= 0) return { name, type, value: arg.slice(equals + 1), written: arg };
  if (standsAlone(type)) return { name, type, value: "true", written: arg };
  return { name, type, ...takeNext(arg, rest) };
}

/** Single letters. The kubelet has two: -h for --help and -v for --v. */
const shorthands = new Map([
  ["h", "help"],
  ["v", "v"],
]);

function* shortFlags(arg: string, rest: Iterator<string>, flags: ReadonlyMap<string, FlagType>): Generator<FlagUse> {
  let letters = arg.slice(1);
  while (letters !== "") {
    const name = shorthands.get(letters.charAt(0));
    const type = name && flags.get(name);
    if (!name || !type) throw new KubeletRefuses(`unknown shorthand flag: ${quote(letters.charAt(0))} in ${arg}`);
    const after = letters.slice(1);
    letters = "";
    if (after.length > 1 && after.startsWith("=")) yield { name, type, value: after.slice(1), written: arg };
    else if (standsAlone(type)) {
      yield { name, type, value: "true", written: arg };
      letters = after;
    } else if (after !== "") yield { name, type, value: after, written: arg };
    else yield { name, type, ...takeNext(arg, rest) };
  }
}

/** Flags that may do without a value (pflag's NoOptDefVal), and then never take the next word. */
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
