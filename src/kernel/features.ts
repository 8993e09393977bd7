/** What this kernel can do, tested by doing it in a namespace without a name that is gone afterwards. */
import { messageOf } from "../errors.ts";
import { VXLAN_PORT } from "../net/vxlan.ts";
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { must, SyscallError } from "./libc.ts";
import { closeNetns, createAnonymousNetns, enterNetns } from "./netns.ts";
import type { NetnsHandle } from "./netns.ts";
import { addAddr } from "./rtnl/addr.ts";
import { createBridge, createPlain, createTyped, createVeth, createVxlan, deleteLink, setLink } from "./rtnl/link.ts";
import { getLink } from "./rtnl/link-state.ts";
import { setTbf } from "./rtnl/qdisc.ts";
import { addRule } from "./rtnl/rule.ts";
import { rtnlOf } from "./rtnl.ts";
import type { Rtnl } from "./rtnl.ts";
import { AF_INET, AF_INET6, closeSocket, IPPROTO_SCTP, openSocket, SOCK_DGRAM } from "./socket.ts";

export interface Feature {
  readonly ok: boolean;
  /** How it was tested, or the error of the kernel or the tool. */
  readonly detail: string;
}

/** Needs a namespace; throws when the feature is missing, may return details when it exists. */
type Probe = (rtnl: Rtnl, netns: NetnsHandle) => string | void;

const SOCK_SEQPACKET = 5;
const IPPROTO_ICMP = 1;
const VLAN_ID = 1;
const MACVLAN_MODE = 1;

const PROBES = {
  veth(rtnl, netns) {
    createVeth(rtnl, "v0", { up: true }, { name: "v1", netnsFd: netns.fd });
    setLink(rtnl, "v1", { up: true });
  },
  bridge(rtnl) {
    createBridge(rtnl, "br0", { up: true }, { stp: false });
  },
  vxlan: (rtnl) => createVxlan(rtnl, "vx0", {}, { vni: 1, port: VXLAN_PORT, learn: false }),
  ipv4: (rtnl) => addAddr(rtnl, { dev: "lo", address: "192.0.2.1/32" }),
  ipv6: (rtnl) => addAddr(rtnl, { dev: "lo", address: "2001:db8::1/128" }),
  "policy routing": (rtnl) => addRule(rtnl, { family: "ipv4", priority: 100, from: "192.0.2.0/24", table: 100 }),
  tbf: (rtnl) => withVeth(rtnl, () => setTbf(rtnl, { dev: "f0", rate: 1_000_000, burst: 10_000, latency: 50 })),
  "bridge vlan filtering": (rtnl) => {
    createBridge(rtnl, "br1", {}, { stp: false, vlanFiltering: true });
    if (getLink(rtnl, "br1")?.vlanFiltering !== true) throw new Error("the kernel takes no vlan_filtering");
  },
  bond: (rtnl) => createPlain(rtnl, "bond9", "bond"),
  dummy: (rtnl) => createPlain(rtnl, "d0", "dummy"),
  vlan: (rtnl) => withVeth(rtnl, () => onParent(rtnl, "vlan", VLAN_ID, 10)),
  macvlan: (rtnl) => withVeth(rtnl, () => onParent(rtnl, "macvlan", MACVLAN_MODE, 4)),
  ipvlan: (rtnl) => withVeth(rtnl, () => onParent(rtnl, "ipvlan", 1, 0)),
  vrf: (rtnl) => createPlain(rtnl, "vrf0", "vrf", (data) => void data.u32(1, 100)),
  fou: program("ip fou add port 5555 gue"),
  ipip: (rtnl) => tunnel(rtnl, "ipip"),
  sit: (rtnl) => tunnel(rtnl, "sit"),
  gre: (rtnl) => tunnel(rtnl, "gre"),
  ip6tnl: (rtnl) => tunnel(rtnl, "ip6tnl"),
  ip6gre: (rtnl) => tunnel(rtnl, "ip6gre"),
  geneve: (rtnl) =>
    createPlain(rtnl, "gnv0", "geneve", (data) => void data.u32(1, 1).bytes(2, Uint8Array.of(192, 0, 2, 2))),
  wireguard: (rtnl) => createPlain(rtnl, "wg0", "wireguard"),
  netem: program("tc qdisc add dev lo root netem delay 1ms"),
  iptables: tables("iptables -t filter -A FORWARD -j ACCEPT"),
  "iptables nat": tables("iptables -t nat -A POSTROUTING -j MASQUERADE"),
  "iptables dnat": tables("iptables -t nat -A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.9:80"),
  "iptables comment": tables("iptables -A FORWARD -m comment --comment a -j ACCEPT"),
  "iptables conntrack": tables("iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT"),
  "iptables statistic": tables("iptables -A FORWARD -m statistic --mode random --probability 0.5 -j ACCEPT"),
  "iptables recent": tables("iptables -A FORWARD -m recent --name probe --set -j ACCEPT"),
  "iptables addrtype": tables("iptables -A FORWARD -m addrtype --dst-type LOCAL -j ACCEPT"),
  "iptables connmark": tables("iptables -t mangle -A PREROUTING -j CONNMARK --restore-mark --mask 0x80"),
  "iptables rpfilter": tables("iptables -t raw -A PREROUTING -m rpfilter --invert --validmark -j DROP"),
  "bridge netfilter": (_rtnl, netns) => tool(netns, "cat /proc/sys/net/bridge/bridge-nf-call-iptables") && "works",
  "iptables mark": tables("iptables -t mangle -A PREROUTING -j MARK --set-xmark 0x1/0x1"),
  "iptables trace": tables("iptables -t raw -A PREROUTING -j TRACE"),
  ip6tables: tables("ip6tables -t nat -A POSTROUTING -j MASQUERADE"),
  nft: program("nft add table ip probe"),
  "nft netdev": (rtnl, netns) =>
    withVeth(rtnl, () => {
      tool(netns, "nft add table netdev probe");
      for (const hook of ["ingress", "egress"])
        tool(netns, `nft add chain netdev probe ${hook} { type filter hook ${hook} device "f0" priority 0 ; }`);
    }),
  "nft fib": (_rtnl, netns) =>
    tool(
      netns,
      "nft add table ip sources; add chain ip sources a { type filter hook prerouting priority -300 ; }; add rule ip sources a fib saddr . mark . iif oif 0 drop",
    ),
  "nft maps": (_rtnl, netns) => {
    tool(netns, "nft add table ip maps; add chain ip maps a; add rule ip maps a numgen random mod 2 vmap { 0 : drop }");
    tool(
      netns,
      "nft add rule ip maps a fib daddr type local ip daddr . meta l4proto . th dport vmap { 192.0.2.1 . tcp . 1 : drop }",
    );
  },
  ipset: program("ipset create probe hash:ip"),
  ipvs: (_rtnl, netns) => ipvs(netns),
  sctp: (_rtnl, netns) => tryToOpen(netns, AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP),
  "ping socket": (_rtnl, netns) => pingSocket(netns),
  "udp over ipv6": (_rtnl, netns) => tryToOpen(netns, AF_INET6, SOCK_DGRAM, 0),
  tun: () => closeSync(openSync("/dev/net/tun", "r+")),
} satisfies Record<string, Probe>;

export type FeatureName = keyof typeof PROBES | "netns";

/**
 * Try each feature (or only those named) in a namespace of its own making; nothing is left. Synchronous, about 0.2 s
 * for all because of the tools that are run. `netns`: whether a namespace can be created at all; without it, all fail.
 */
export function probeFeatures(only?: readonly FeatureName[]): Record<string, Feature> {
  const features: Record<string, Feature> = {};
  let netns: NetnsHandle;
  try {
    netns = createAnonymousNetns();
    features["netns"] = { ok: true, detail: "works" };
  } catch (error) {
    const detail = said(error);
    for (const name of ["netns", ...Object.keys(PROBES)]) features[name] = { ok: false, detail };
    return features;
  }
  try {
    const rtnl = rtnlOf(netns);
    setLink(rtnl, "lo", { up: true });
    for (const [name, probe] of Object.entries<Probe>(PROBES)) {
      if (only !== undefined && !(only as readonly string[]).includes(name)) continue;
      try {
        features[name] = { ok: true, detail: probe(rtnl, netns) ?? "works" };
      } catch (error) {
        features[name] = { ok: false, detail: said(error) };
      }
    }
  } finally {
    closeNetns(netns);
  }
  return features;
}

/** One without a remote end may be there already: the module makes it in each namespace. */
function tunnel(rtnl: Rtnl, type: "gre" | "ip6gre" | "ip6tnl" | "ipip" | "sit"): void {
  const remote = type.startsWith("ip6") ? "2001:db8::9" : "192.0.2.9";
  createTyped(rtnl, `${type}9`, {}, { type, data: { remote } });
}

/** A device to put something on. */
function withVeth(rtnl: Rtnl, work: () => void): void {
  createVeth(rtnl, "f0", {}, { name: "f1", netnsFd: rtnl.netns.fd });
  try {
    work();
  } finally {
    deleteLink(rtnl, "f0");
  }
}

/** A device on top of f0 with one setting of 16 bits (32 where the kernel needs them). */
function onParent(rtnl: Rtnl, kind: string, setting: number, value: number): void {
  createPlain(
    rtnl,
    "on0",
    kind,
    (data) => void (kind === "macvlan" ? data.u32(setting, value) : data.u16(setting, value)),
    "f0",
  );
}

function program(command: string): Probe {
  return (_rtnl, netns) => tool(netns, command);
}

/** A command of iptables or ip6tables, which then says its version. */
function tables(command: string): Probe {
  const [name = ""] = command.split(" ");
  return (_rtnl, netns) => {
    tool(netns, command.replace(name, `${name} -w 5`));
    return tool(netns, `${name} --version`);
  };
}

/** Runs a program inside, without a shell; throws with what it said. */
function tool(netns: NetnsHandle, command: string): string {
  const [file = "", ...args] = command.split(" ");
  const path = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
  const child = enterNetns(netns, () =>
    spawnSync(file, args, { encoding: "utf8", timeout: 5000, env: { ...process.env, PATH: path } }),
  );
  if (child.error !== undefined) {
    const missing = (child.error as NodeJS.ErrnoException).code === "ENOENT";
    throw new Error(missing ? `the program ${file} is not installed` : child.error.message);
  }
  if (child.status !== 0) throw new Error(child.stderr.trim().split("\n")[0] ?? `${file} failed`);
  return child.stdout.trim().split("\n")[0] || "works";
}

/** ipvsadm loads the module if needed. */
function ipvs(netns: NetnsHandle): string {
  try {
    return tool(netns, "cat /proc/net/ip_vs");
  } catch {
    try {
      return tool(netns, "ipvsadm -L -n");
    } catch (error) {
      const why = said(error);
      throw new Error(why.includes("not installed") ? "there is no /proc/net/ip_vs" : why, { cause: error });
    }
  }
}

function tryToOpen(netns: NetnsHandle, domain: number, type: number, protocol: number): void {
  closeSocket(
    must(
      "socket",
      enterNetns(netns, () => openSocket(domain, type, protocol)),
    ),
  );
}

/** A new namespace allows them to no group; that is a sysctl and not a missing feature. */
function pingSocket(netns: NetnsHandle): string {
  try {
    tryToOpen(netns, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
    return "works";
  } catch (error) {
    if (error instanceof SyscallError && error.code === "EACCES")
      return "available; net.ipv4.ping_group_range controls who may use it";
    throw error;
  }
}

function said(error: unknown): string {
  return messageOf(error);
}
