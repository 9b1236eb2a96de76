import { describe, expect, test } from "vitest";
import { KubeletRefuses } from "../../../lambda/domain/problems.ts";
import { parseArguments } from "../../../lambda/kubelet/argv.ts";
import { knownFlags } from "../../../lambda/kubelet/known-flags.ts";

const flags = knownFlags(34);
const values = (...args: string[]) => parseArguments(args, flags).map(({ name, value }) => `${name}=${value}`);

describe("a command line is taken apart as pflag does it", () => {
  test.each([
    ["a value after =", ["--client-ca-file=/x"], ["client-ca-file=/x"]],
    ["only the first = splits", ["--client-ca-file=/a=b"], ["client-ca-file=/a=b"]],
    ["a value in the next word", ["--client-ca-file", "/x"], ["client-ca-file=/x"]],
    ["the next word is the value even if it looks like a flag", ["--provider-id", "--v=2"], ["provider-id=--v=2"]],
    ["the next word is the value even if it is empty", ["--provider-id", "", "--v=2"], ["provider-id=", "v=2"]],
    ["-- can be a value", ["--provider-id", "--"], ["provider-id=--"]],
    ["an empty value counts", ["--client-ca-file="], ["client-ca-file="]],
    ["underscores are dashes", ["--client_ca-file=/x_y"], ["client-ca-file=/x_y"]],
    ["a bool alone is true", ["--anonymous-auth"], ["anonymous-auth=true"]],
    ["a bool with a value", ["--anonymous-auth=false"], ["anonymous-auth=false"]],
    ["-v in three forms", ["-v2", "-v=3", "-v", "4"], ["v=2", "v=3", "v=4"]],
    ["-h is --help", ["-h"], ["help=true"]],
    ["letters may stand together", ["-hv2"], ["help=true", "v=2"]],
    ["a -- at the end is fine", ["--v=2", "--"], ["v=2"]],
    ["repetitions stay in order", ["--v=1", "--v=2"], ["v=1", "v=2"]],
  ])("%s", (_, args, expected) => expect(values(...args)).toEqual(expected));

  test.each([
    ["a word after a bool is a command", ["--anonymous-auth", "false"]],
    ["an empty word is a command", [""]],
    ["a lone dash is a command", ["-"]],
    ["whatever follows -- is a command", ["--", "--v=2"]],
    ["a single dash is for letters", ["-client-ca-file=/x"]],
    ["three dashes", ["---v=2"]],
    ["no name", ["--=2"]],
    ["names are case sensitive", ["--Client-CA-File=/x"]],
    ["no abbreviations", ["--client-ca=/x"]],
    ["no --no-", ["--no-anonymous-auth"]],
    ["a value is missing", ["--client-ca-file"]],
    ["a value is missing after a letter", ["-v"]],
    ["names are not looked up in a prototype", ["--constructor=1"]],
  ])("the kubelet refuses: %s", (_, args) => expect(() => values(...args)).toThrow(KubeletRefuses));

  test("each release has its own flags", () => {
    expect(knownFlags(27).has("config-dir")).toBe(false);
    expect(knownFlags(28).has("config-dir")).toBe(true);
    expect(knownFlags(34).has("pod-infra-container-image")).toBe(true);
    expect(knownFlags(35).has("pod-infra-container-image")).toBe(false);
  });

  test("for people, a flag is quoted as it stands there", () => {
    const written = parseArguments(["--client_ca_file=", "--event-qps", "5", "--provider-id", ""], flags).map(
      (use) => use.written,
    );
    expect(written).toEqual(["--client_ca_file=", "--event-qps 5", '--provider-id ""']);
  });
});
