import { expect, test } from "vitest";
import { osFamily } from "../../../lambda/inventory/registrations.ts";

const linux = (PlatformName: string, PlatformVersion: string) => ({
  PlatformType: "Linux" as const,
  PlatformName,
  PlatformVersion,
});

test.each([
  ["Amazon Linux 2", undefined, linux("Amazon Linux", "2"), "al2"],
  ["Amazon Linux 2023", undefined, linux("Amazon Linux", "2023"), "al2023"],
  ["Amazon Linux 2023 with a minor version", undefined, linux("Amazon Linux", "2023.9.20251117"), "al2023"],
  ["Bottlerocket", undefined, linux("Bottlerocket", "1.26.1"), "bottlerocket"],
  ["Ubuntu", undefined, linux("Ubuntu", "22.04"), "ubuntu"],
  ["another Linux", undefined, linux("Rocky Linux", "9.4"), "linux"],
  ["Windows by SSM", undefined, { PlatformType: "Windows", PlatformName: "Microsoft Windows Server 2022" }, "windows"],
  ["Windows by EC2, unknown to SSM", "windows", undefined, "windows"],
  ["Linux, unknown to SSM", undefined, undefined, "linux"],
] as const)("recognises %s", (_, platform, registration, os) => {
  expect(osFamily(platform, registration)).toBe(os);
});
