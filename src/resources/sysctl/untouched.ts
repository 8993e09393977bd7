/**
 * Sysctls that decide about packets, whether a lab sets them or not: where it does not, they are as the kernel sets them for a new
 * namespace or device, or as the namespace began (inherited.ts).
 */
import { IPV4_CONF } from "../../net/ipv4-conf.ts";
import type { NamespaceState, ObservedState } from "../observed.ts";
import type { Found } from "../foreign-object.ts";
import { canonicalSysctl } from "../sysctl-key.ts";

const ALL = [...IPV4_CONF.values()].filter((name) => name !== "forwarding" && name !== "disable_policy");
/** Of a namespace, with the kernel's defaults. */
const NAMESPACE: Readonly<Record<string, string>> = {
  "net.ipv4.icmp_echo_ignore_all": "0",
  "net.ipv4.ip_default_ttl": "64",
  "net.ipv4.ip_forward": "0",
  ...Object.fromEntries(ALL.map((name) => [`net.ipv4.conf.all.${name}`, "0"])),
  "net.ipv6.conf.all.disable_ipv6": "0",
  "net.ipv6.conf.all.forwarding": "0",
  "net.ipv6.icmp.echo_ignore_all": "0",
  "net.bridge.bridge-nf-call-iptables": "1",
  "net.bridge.bridge-nf-call-ip6tables": "1",
  "net.netfilter.nf_conntrack_tcp_be_liberal": "0",
};
export const NAMESPACE_SYSCTLS: readonly string[] = Object.keys(NAMESPACE);
/** Without those that are about bridges. */
export const BRIDGELESS_SYSCTLS = NAMESPACE_SYSCTLS.filter((key) => !key.startsWith("net.bridge."));
/** What a namespace may begin with otherwise than with the kernel's defaults: for all devices, and for new ones. */
export const INHERITED: readonly string[] = [
  ...new Set([...NAMESPACE_SYSCTLS, ...[...IPV4_CONF.values()].map((name) => `net.ipv4.conf.default.${name}`)]),
  "net.ipv6.conf.default.disable_ipv6",
];

/** One key for the two names of IPv4 forwarding. */
function plainKey(key: string): string {
  const canonical = canonicalSysctl(key);
  return canonical === "net.ipv4.conf.all.forwarding" ? "net.ipv4.ip_forward" : canonical;
}

/**
 * Those that others have set. `set`: by key, what the lab sets, which is compared elsewhere; `devices`: the lab's own.
 * None where it is not known what namespaces began with.
 */
export function strangeSysctls(
  { links, sysctls }: NamespaceState,
  set: ReadonlyMap<string, string>,
  devices: ReadonlySet<string>,
  inherited: ObservedState["inherited"],
): readonly Found[] {
  if (inherited === undefined) return [];
  const own = new Map([...set].map(([key, value]) => [plainKey(key), value]));
  const found: Found[] = [];
  // Most are as they should be: what they are called is made up for the others alone.
  const look = (key: () => string, is: string | undefined, allowed: readonly (string | undefined)[]): void => {
    const should = allowed.find((value) => value !== undefined);
    if (is === undefined || should === undefined || allowed.includes(is)) return;
    const name = key();
    if (own.has(plainKey(name))) return;
    found.push({ what: `sysctl ${name}=${is} (instead of ${should})`, remove: ["sysctl", "-w", `${name}=${should}`] });
  };
  for (const [key, usual] of Object.entries(NAMESPACE))
    look(() => key, sysctls[key]?.trim(), [usual, ...(inherited[key] ?? [])]);
  // These set those of all devices, and are named themselves.
  const forwarding = sysctls["net.ipv4.ip_forward"]?.trim();
  const disabled = sysctls["net.ipv6.conf.all.disable_ipv6"]?.trim();
  const usual = (from: string): readonly (string | undefined)[] => [own.get(from), "0", ...(inherited[from] ?? [])];
  const ofDevices = [...IPV4_CONF.values()].map((word) => ({
    word,
    allowed: word === "forwarding" && forwarding !== undefined ? [forwarding] : usual(`net.ipv4.conf.default.${word}`),
  }));
  const disabling = [...usual("net.ipv6.conf.default.disable_ipv6"), disabled];
  for (const { name, conf = {} } of links) {
    if (!devices.has(name)) continue;
    const key = (family: string, word: string): string => canonicalSysctl(`net/${family}/conf/${name}/${word}`);
    for (const { word, allowed } of ofDevices) look(() => key("ipv4", word), String(conf[word] ?? 0), allowed);
    look(() => key("ipv6", "disable_ipv6"), String(conf["disable_ipv6"] ?? 0), disabling);
  }
  return found;
}
