/** Which programs are installed, and which package of this distribution has the missing ones. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Finding } from "./finding.ts";

type Manager = "apt" | "dnf" | "apk";
interface Tool {
  readonly needed: "always" | "sometimes";
  /** What does not work without it. */
  readonly use: string;
  readonly packages: Readonly<Record<Manager, string>>;
}

const IPROUTE = { apt: "iproute2", dnf: "iproute", apk: "iproute2" } as const;
const IPTABLES = { apt: "iptables", dnf: "iptables-nft", apk: "iptables" } as const;
const UTIL_LINUX = { apt: "util-linux", dnf: "util-linux-core", apk: "util-linux-misc" } as const;

const TOOLS = {
  ip: { needed: "always", use: "labs, exec and most commands of lessons", packages: IPROUTE },
  bridge: { needed: "sometimes", use: "showing forwarding entries", packages: IPROUTE },
  tc: {
    needed: "sometimes",
    use: "showing rate limits",
    packages: { apt: "iproute2", dnf: "iproute-tc", apk: "iproute2-tc" },
  },
  iptables: { needed: "always", use: "NAT and filter rules (IPv4)", packages: IPTABLES },
  ip6tables: { needed: "always", use: "NAT and filter rules (IPv6)", packages: { ...IPTABLES, apk: "ip6tables" } },
  nft: {
    needed: "sometimes",
    use: "kube-proxy in nftables mode",
    packages: { apt: "nftables", dnf: "nftables", apk: "nftables" },
  },
  ipset: {
    needed: "sometimes",
    use: "NetworkPolicies with iptables",
    packages: { apt: "ipset", dnf: "ipset", apk: "ipset" },
  },
  conntrack: {
    needed: "sometimes",
    use: "showing connection tracking",
    packages: { apt: "conntrack", dnf: "conntrack-tools", apk: "conntrack-tools" },
  },
  dig: {
    needed: "sometimes",
    use: "asking the cluster DNS by hand",
    packages: { apt: "bind9-dnsutils", dnf: "bind-utils", apk: "bind-tools" },
  },
  tcpdump: { needed: "always", use: "captures", packages: { apt: "tcpdump", dnf: "tcpdump", apk: "tcpdump" } },
  ping: {
    needed: "always",
    use: "ping checks",
    packages: { apt: "iputils-ping", dnf: "iputils", apk: "iputils-ping" },
  },
  mount: {
    needed: "always",
    use: "programs with their own /etc/hosts and resolv.conf",
    packages: { apt: "mount", dnf: "util-linux-core", apk: "mount" },
  },
  unshare: { needed: "always", use: "rootless labs, processes with their own files", packages: UTIL_LINUX },
  nsenter: { needed: "always", use: "exec and shell", packages: UTIL_LINUX },
  setpriv: {
    needed: "always",
    use: "programs that die with their lab",
    packages: { ...UTIL_LINUX, dnf: "util-linux", apk: "setpriv" },
  },
  perl: {
    needed: "sometimes",
    use: "exec and shell without root, where nsenter has no --keep-caps",
    packages: { apt: "perl-base", dnf: "perl-interpreter", apk: "perl" },
  },
  iperf3: { needed: "sometimes", use: "throughput checks", packages: { apt: "iperf3", dnf: "iperf3", apk: "iperf3" } },
} satisfies Record<string, Tool>;

const INSTALL: Readonly<Record<Manager, string>> = { apt: "apt-get install -y", dnf: "dnf install -y", apk: "apk add" };
const MANAGER_PROGRAMS: Readonly<Record<Manager, string>> = { apt: "apt-get", dnf: "dnf", apk: "apk" };

/** Root's folders are searched too: a user's PATH often lacks them. */
function findProgram(name: string, path: string): string | undefined {
  const folders = [...path.split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"].filter((folder) => folder !== "");
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export function findTools(env: Readonly<Record<string, string | undefined>>): Finding[] {
  const path = env["PATH"] ?? "";
  const manager = (Object.keys(INSTALL) as Manager[]).find(
    (name) => findProgram(MANAGER_PROGRAMS[name], path) !== undefined,
  );
  return Object.entries<Tool>(TOOLS).map(([name, tool]) => {
    const file = findProgram(name, path);
    if (file !== undefined) return { area: "tools", name, status: "ok", text: file };
    const commands = manager === undefined ? (Object.keys(INSTALL) as Manager[]) : [manager];
    return {
      area: "tools",
      name,
      status: tool.needed === "always" ? "missing" : "warn",
      text: `not found; needed for ${tool.use}`,
      fix: commands.map((key) => `sudo ${INSTALL[key]} ${tool.packages[key]}`).join("   or   "),
    };
  });
}
