/**
 * Sysctl keys: which file under /proc/sys a key means, how to write it, and whether it belongs to one device.
 * As sysctl(8): the first separator decides; in the slash form a dot is part of a name (`net/ipv4/conf/flannel.1/rp_filter`).
 */

/** Parts of the path under /proc/sys. */
export function sysctlPath(key: string): readonly string[] {
  const slash = key.indexOf("/");
  const dot = key.indexOf(".");
  if (slash >= 0 && (dot < 0 || slash < dot)) return key.split("/");
  // In the dotted form a slash stands for a dot in a name.
  return key.split(".").map((part) => part.replaceAll("/", "."));
}

/** One spelling for each sysctl: dotted, or slashed where a name has a dot. */
export function canonicalSysctl(key: string): string {
  const path = sysctlPath(key);
  return path.join(path.some((part) => part.includes(".")) ? "/" : ".");
}

/** The device that a sysctl belongs to (`net.ipv4.conf.eth0.rp_filter` → `eth0`); undefined for those of a namespace. */
export function sysctlDevice(key: string): string | undefined {
  const [net, family, group, device] = sysctlPath(key);
  if (net !== "net" || (family !== "ipv4" && family !== "ipv6" && family !== "mpls")) return undefined;
  if (group !== "conf" && group !== "neigh") return undefined;
  return device === "all" || device === "default" ? undefined : device;
}

/** Of connection tracking: there once a rule has made the kernel load it. No device takes its settings from it. */
export function isConntrackSysctl(key: string): boolean {
  return sysctlPath(key)[2]?.startsWith("nf_conntrack_") === true;
}

/** Values as they are compared: the kernel separates several numbers by tabs, and writes 0x10 as 16. */
export function canonicalSysctlValue(value: string): string {
  const number = (word: string): string => (/^(0x[0-9a-f]+|-?\d+)$/i.test(word) ? String(Number(word)) : word);
  return value.trim().split(/\s+/).map(number).join(" ");
}
