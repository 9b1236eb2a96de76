import { expect, test } from "vitest";
import { isAddress } from "../../../lambda/go/ip.ts";

test.each([
  "0.0.0.0",
  "010.0.0.1",
  "::",
  "::1",
  "1::",
  "2001:db8::1",
  "1:2:3:4:5:6:7:8",
  "::ffff:10.0.0.1",
  "1:2:3:4:5:6:1.2.3.4",
])("%s is an address", (text) => expect(isAddress(text)).toBe(true));

test.each([
  "",
  "1.2.3",
  "1.2.3.256",
  "1.2.3.4.5",
  "host",
  ":",
  ":::",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7::8",
  "12345::",
  "fe80::1%eth0",
  "1.2.3.4::",
  "::1.2.3",
])("%s is not an address", (text) => expect(isAddress(text)).toBe(false));
