import { describe, expect, test } from "vitest";
import { formatDuration, parseBool, parseDecimal, parseDuration, parseInteger } from "../../../lambda/go/literals.ts";

describe("strconv.ParseBool", () => {
  test.each(["1", "t", "T", "TRUE", "true", "True"])("%s is true", (text) => expect(parseBool(text)).toBe(true));
  test.each(["0", "f", "F", "FALSE", "false", "False"])("%s is false", (text) => expect(parseBool(text)).toBe(false));
  test.each(["yes", "no", "on", "tRUE", "", " true"])("%j is neither", (text) =>
    expect(parseBool(text)).toBeUndefined(),
  );
});

describe("strconv.ParseInt with base 0", () => {
  test.each([
    ["0", 0n],
    ["-1", -1n],
    ["+5", 5n],
    ["0x27FF", 10239n],
    ["0X1f", 31n],
    ["010", 8n],
    ["0_7", 7n],
    ["0o17", 15n],
    ["0b11", 3n],
    ["1_000", 1000n],
    ["2147483647", 2147483647n],
    ["-2147483648", -2147483648n],
    [`${"0".repeat(100)}110`, 72n],
    [`-${"0_".repeat(100)}7`, -7n],
    [`0x${"0".repeat(100)}ff`, 255n],
    ["0".repeat(262_144), 0n],
  ])("%s is %s", (text, value) => expect(parseInteger(text, 32)).toBe(value));

  test.each(["", "abc", " 0", "0 ", "08", "1__0", "_1", "1_", "0x", "1.0", "1e3", "2147483648", "--1"])(
    "%j is not an int32",
    (text) => expect(parseInteger(text, 32)).toBeUndefined(),
  );

  test("parseDecimal() accepts neither a plus sign nor underscores nor prefixes", () => {
    expect(["5", "-5", "+5", "1_0", "0x1"].map((text) => parseDecimal(text, 32))).toEqual([
      5n,
      -5n,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test("a number of five million digits is rejected", () => {
  const long = "9".repeat(5_000_000);
  expect([parseInteger(long, 64), parseDecimal(long, 64), parseDuration(`${long}h`)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe("time.Duration", () => {
  test.each([
    ["0", "0s"],
    ["-0", "0s"],
    ["00s", "0s"],
    ["5m", "5m0s"],
    ["4h", "4h0m0s"],
    ["1.5h", "1h30m0s"],
    [".5h", "30m0s"],
    ["1.h", "1h0m0s"],
    ["0h30m", "30m0s"],
    ["90s", "1m30s"],
    ["1.5s", "1.5s"],
    ["100ms", "100ms"],
    ["1us", "1µs"],
    ["1μs", "1µs"],
    ["1500ns", "1.5µs"],
    ["7ns", "7ns"],
    ["-1m", "-1m0s"],
    ["+1m", "1m0s"],
    ["1h1m1s1ms", "1h1m1.001s"],
    ["100000h", "100000h0m0s"],
  ])("%s prints as %s", (text, printed) => {
    const nanoseconds = parseDuration(text);
    expect(nanoseconds === undefined ? undefined : formatDuration(nanoseconds)).toBe(printed);
  });

  test.each(["", "300", "1d", "5M", "1h 5m", " 5m", "5m ", ".h", "-", "h", "1:30:00", "1e3s", "2562048h"])(
    "%j is not a duration",
    (text) => expect(parseDuration(text)).toBeUndefined(),
  );
});
