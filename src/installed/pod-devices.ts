/** What rules with `-i` and `-o` are about, where pods are on no bridge. */
import type { PodDevices } from "../cluster/pod-devices.ts";

/** `cali+` means all that begin so. */
export function matchesDevice(pattern: string, device: string): boolean {
  return pattern.endsWith("+") ? device.startsWith(pattern.slice(0, -1)) : device === pattern;
}

/** Whether a packet from or to an address is on a device: `cali+`, `cali7f94ce7c295`. Undefined: not known on which it is. */
export function isOnDevice({ byAddress, all }: PodDevices, pattern: string, address: string): boolean | undefined {
  const device = byAddress.get(address);
  if (device !== undefined) return matchesDevice(pattern, device);
  return all.some((one) => matchesDevice(pattern, one)) ? false : undefined;
}
