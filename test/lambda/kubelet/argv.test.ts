import { describe, expect, test } from "vitest";
import { KubeletRefuses } from "../../../lambda/domain/problems.ts";
import { parseArguments } from "../../../lambda/kubelet/argv.ts";
import { knownFlags } from "../../../lambda/kubelet/known-flags.ts";

const flags = knownFlags(34);
const values = (...args: string[]) => parseArguments(args, flags).map(({ name, value }) => `${name}=${value}`);

describe("a command line is parsed as pflag parses it:", () => {
  test.each([
    ["a value can follow =", ["--client-ca-file=/x"], ["client-ca-file=/x"]],
    ["only the first = splits", ["--client-ca-file=/a=b"], ["client-ca-file=/a=b"]],
    ["a value can be the next word", ["--client-ca-file", "/x"], ["client-ca-file=/x"]],
    ["the next word is the value even if it looks like a flag", ["--provider-id", "--v=2"], ["provider-id=--v=2"]],
    ["the next word is the value even if it is empty", ["--provider-id", "", "--v=2"], ["provider-id=", "v=2"]],
    ["-- can be a value", ["--provider-id", "--"], ["provider-id=--"]],
    ["a value can be empty", ["--client-ca-file="], ["client-ca-file="]],
    ["underscores in a name become dashes", ["--client_ca-file=/x_y"], ["client-ca-file=/x_y"]],
    ["a bool alone is true", ["--anonymous-auth"], ["anonymous-auth=true"]],
    ["a bool can have a value", ["--anonymous-auth=false"], ["anonymous-auth=false"]],
    ["-v has three forms", ["-v2", "-v=3", "-v", "4"], ["v=2", "v=3", "v=4"]],
    ["-h is --help", ["-h"], ["help=true"]],
    ["single letters can be joined", ["-hv2"], ["help=true", "v=2"]],
    ["a -- at the end is ignored", ["--v=2", "--"], ["v=2"]],
    ["repeated flags keep their order", ["--v=1", "--v=2"], ["v=1", "v=2"]],
  ])("%s", (_, args, expected) => expect(values(...args)).toEqual(expected));

  test.each([
    ["a word after a bool flag", ["--anonymous-auth", "false"]],
    ["an empty word", [""]],
    ["a lone dash", ["-"]],
    ["a word after --", ["--", "--v=2"]],
    ["a long name after a single dash", ["-client-ca-file=/x"]],
    ["three dashes before a name", ["---v=2"]],
    ["a flag without a name", ["--=2"]],
    ["a name in wrong letter case", ["--Client-CA-File=/x"]],
    ["an abbreviated name", ["--client-ca=/x"]],
    ["a --no- prefix", ["--no-anonymous-auth"]],
    ["a flag without its value", ["--client-ca-file"]],
    ["a single letter without its value", ["-v"]],
    ["the name of a prototype's property", ["--constructor=1"]],
  ])("%s is rejected", (_, args) => expect(() => values(...args)).toThrow(KubeletRefuses));

  test("each release has its own set of flags", () => {
    expect(knownFlags(27).has("config-dir")).toBe(false);
    expect(knownFlags(28).has("config-dir")).toBe(true);
    expect(knownFlags(34).has("pod-infra-container-image")).toBe(true);
    expect(knownFlags(35).has("pod-infra-container-image")).toBe(false);
  });

  test("`written` quotes a flag as it is on the command line", () => {
    const written = parseArguments(["--client_ca_file=", "--event-qps", "5", "--provider-id", ""], flags).map(
      (use) => use.written,
    );
    expect(written).toEqual(["--client_ca_file=", "--event-qps 5", '--provider-id ""']);
  });
});
