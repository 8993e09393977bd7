/** Where labs are built when neither the command line nor the lab file decides. */
import { readFileSync } from "node:fs";

/**
 * This host's namespaces on Linux. Containers on macOS, which has none, and in WSL, where people have Docker Desktop and
 * its kernel has what the distribution's tools expect.
 */
export function defaultDriver(
  platform: NodeJS.Platform = process.platform,
  release = kernelRelease(),
): "netns" | "docker" {
  return platform !== "linux" || /microsoft/iu.test(release) ? "docker" : "netns";
}

/** `5.15.167.4-microsoft-standard-WSL2`; empty where there is no /proc. */
function kernelRelease(): string {
  try {
    return readFileSync("/proc/sys/kernel/osrelease", "utf8");
  } catch {
    return "";
  }
}
