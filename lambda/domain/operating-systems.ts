import type { OsFamily } from "./node.ts";
import type { Registration } from "./registration.ts";

/** How the auditor recognises one operating system. */
interface OperatingSystem {
  /** Name for pages and terminals. */
  name: string;
  kernel: "linux" | "windows";
  /** The field and value in an SSM registration that identify the system; undefined if SSM does not distinguish it. */
  ssm: { platform: "PlatformType" | "PlatformName"; is: string; major?: string } | undefined;
  /** The values in os-release that identify the system; undefined if there are none. The first match counts. */
  osRelease: { id: string; versionId?: string } | undefined;
}

/** All operating systems of nodes. To add one, extend OsFamily; the compiler then reports each table that lacks it. */
export const operatingSystems: Readonly<Record<OsFamily, OperatingSystem>> = {
  al2: {
    name: "Amazon Linux 2",
    kernel: "linux",
    ssm: { platform: "PlatformName", is: "Amazon Linux", major: "2" },
    osRelease: { id: "amzn", versionId: "2" },
  },
  al2023: {
    name: "Amazon Linux 2023",
    kernel: "linux",
    ssm: { platform: "PlatformName", is: "Amazon Linux", major: "2023" },
    osRelease: { id: "amzn" },
  },
  bottlerocket: {
    name: "Bottlerocket",
    kernel: "linux",
    ssm: { platform: "PlatformName", is: "Bottlerocket" },
    osRelease: { id: "bottlerocket" },
  },
  ubuntu: {
    name: "Ubuntu",
    kernel: "linux",
    ssm: { platform: "PlatformName", is: "Ubuntu" },
    osRelease: { id: "ubuntu" },
  },
  windows: {
    name: "Windows",
    kernel: "windows",
    ssm: { platform: "PlatformType", is: "Windows" },
    osRelease: { id: "windows" },
  },
  linux: { name: "Linux", kernel: "linux", ssm: undefined, osRelease: undefined },
};

export const osFamilies = Object.keys(operatingSystems) as readonly OsFamily[];

/** The operating system in an SSM registration, or "linux" if SSM does not distinguish it. */
export function osInSsm(registration: Registration): OsFamily {
  const [major] = registration.PlatformVersion?.split(".") ?? [];
  const found = osFamilies.find((os) => {
    const { ssm } = operatingSystems[os];
    return ssm && registration[ssm.platform] === ssm.is && (ssm.major ?? major) === major;
  });
  return found ?? "linux";
}

/** The operating system in an os-release file, or "linux" if this project does not distinguish it. */
export function osInRelease({ id, versionId }: { id?: string; versionId?: string }): OsFamily {
  const found = osFamilies.find((os) => {
    const { osRelease } = operatingSystems[os];
    return osRelease && osRelease.id === id && (osRelease.versionId ?? versionId) === versionId;
  });
  return found ?? "linux";
}

export function runsWindows({ os }: { os: OsFamily }): boolean {
  return operatingSystems[os].kernel === "windows";
}
