/**
 * Ways to break a lab behind its back, each with the question that meets it, and the hop that `trace` must name as the first wrong
 * one. One table for every plugin, kube-proxy mode and family, and wherever a lab runs.
 */
import type { FaultDocument } from "../../src/faults/schema.ts";
import type { HopKind } from "../../src/story/packet-story.ts";
import type { ProbeQuestion } from "../../src/cli/probe-checks.ts";
import type { Scene } from "./trace-labs.ts";

export interface Ask extends Omit<ProbeQuestion, "from" | "to"> {
  readonly from: string;
  readonly to?: string | undefined;
}

export interface Broken {
  /** A script of the shell, in that namespace. */
  readonly at?: string;
  readonly by?: string;
  readonly undo?: string;
  /** Instead: a fault of the lab's own. */
  readonly fault?: FaultDocument;
  readonly ask: Ask;
  /** The first wrong hop; one of several, where each keeps the packet away. */
  readonly ns: string | readonly string[];
  readonly kind: readonly HopKind[];
  readonly way?: "there" | "back";
  readonly says: RegExp;
}

export interface TraceBreak {
  readonly name: string;
  /** Undefined: there is no such thing in this lab. */
  readonly in: (scene: Scene) => Broken | undefined;
}

function far({ prefix, family }: Scene): Ask {
  return { from: `${prefix}pod/client`, to: `${prefix}pod/web:80`, family };
}
function toService({ prefix, family }: Scene, name = "web"): Ask {
  return { from: `${prefix}pod/client`, to: `${prefix}svc/${name}:80`, family };
}
/** A ping that must not be fragmented. */
function large(scene: Scene): Ask {
  return { ...far(scene), to: `${scene.prefix}pod/web`, size: 1400, df: true };
}
const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
const says = (text: string): RegExp => new RegExp(literal(text));
/** `svc`, `10.244.1.2:80`. */
const end = ({ family }: Scene, address: string, port: number): string =>
  family === "ipv6" ? `[${address}]:${port}` : `${address}:${port}`;

/** Rules of kube-proxy that are gone, in each mode. */
function withoutServices(
  { mode, family, iptables }: Scene,
  what: "services" | "node ports",
): { by: string; says: RegExp } {
  const of = family === "ipv6" ? "ip6" : "ip";
  const services = what === "services";
  switch (mode) {
    case "nftables":
      return {
        by: `nft flush map ${of} kube-proxy ${services ? "service-ips" : "service-nodeports"}`,
        says: services ? /service-ips/ : /service-nodeports/,
      };
    case "userspace":
      return services
        ? { by: `${iptables} -t nat -F KUBE-PORTALS-CONTAINER`, says: /KUBE-PORTALS-CONTAINER/ }
        : { by: `${iptables} -t nat -F KUBE-NODEPORT-CONTAINER`, says: /KUBE-NODEPORT-CONTAINER/ };
    case "ipvs":
      return { by: "ipvsadm --clear", says: /ipvs|virtual server/i };
    default:
      return services
        ? { by: `${iptables} -t nat -F KUBE-SERVICES`, says: /KUBE-SERVICES/ }
        : { by: `${iptables} -t nat -F KUBE-NODEPORTS`, says: /KUBE-NODEPORTS/ };
  }
}

const ROUTES: readonly TraceBreak[] = [
  { name: "a pod's default route is gone", in: (s) => ({ at: s.ns.client, by: `while ${s.ip} route del default 2>/dev/null; do :; done; ${s.ip} route show | grep -v ' dev eth0 scope\\| dev eth0 proto\\|^fe80\\|^${s.gateway} ' | cut -d' ' -f1 | while read -r r; do ${s.ip} route del $r; done`, ask: far(s), ns: s.ns.client, kind: ["routing"], says: /route default .*is missing|route .* via .* is missing/ }) },
  { name: "the route to the other node's pods is gone", in: (s) => s.there === undefined ? undefined : ({ at: s.ns.node1, by: `${s.ip} route del ${s.there}`, ask: far(s), ns: s.ns.node1, kind: ["routing"], says: says(`route ${s.there}`) }) },
  { name: "the way back is gone", in: (s) => s.back === undefined ? undefined : ({ at: s.ns.node2, by: `${s.ip} route del ${s.back}`, ask: far(s), ns: s.ns.node2, kind: ["routing"], way: "back", says: says(`route ${s.back}`) }) },
  { name: "a blackhole", in: (s) => ({ at: s.ns.node1, by: `${s.ip} route add blackhole ${s.address.web}/${s.host}`, undo: `${s.ip} route del blackhole ${s.address.web}/${s.host}`, ask: far(s), ns: s.ns.node1, kind: ["routing"], says: says(`route blackhole ${s.address.web}/${s.host}`) }) },
  { name: "a detour", in: (s) => ({ at: s.ns.node1, by: `${s.ip} route add ${s.address.web}/${s.host} via ${s.address.near}`, undo: `${s.ip} route del ${s.address.web}/${s.host}`, ask: far(s), ns: s.ns.node1, kind: ["routing"], says: says(`route ${s.address.web}/${s.host} via ${s.address.near}`) }) },
  { name: "a rule that asks another table", in: (s) => ({ at: s.ns.node1, by: `${s.ip} rule add to ${s.there ?? s.address.web} priority 100 blackhole`, undo: `${s.ip} rule del priority 100`, ask: far(s), ns: s.ns.node1, kind: ["routing"], says: says(`ip rule 100: to ${s.there ?? s.address.web}`) }) },
  { name: "the pod's address is on its node, too", in: (s) => ({ at: s.ns.node1, by: `${s.ip} addr add ${s.address.web}/${s.host} dev lo`, undo: `${s.ip} addr del ${s.address.web}/${s.host} dev lo`, ask: far(s), ns: s.ns.node1, kind: ["routing"], says: says(`address ${s.address.web}/${s.host} dev lo`) }) },
  { name: "the source route filter", in: (s) => (s.family === "ipv6" ? undefined : { at: s.ns.node2, by: `sysctl -qw net.ipv4.conf.all.rp_filter=1; ip route add ${s.address.client}/32 dev ${s.port.closed}`, undo: `ip route del ${s.address.client}/32`, ask: far(s), ns: s.ns.node2, kind: ["routing"], ...(s.cni === "vpc" ? { way: "back" as const, says: says(`route ${s.address.client}`) } : { way: "there" as const, says: /rp_filter/ }) }) },
  { name: "forwarding is off", in: (s) => ({ at: s.ns.node2, by: `sysctl -qw net.${s.family}.${s.family === "ipv6" ? "conf.all.forwarding" : "ip_forward"}=0`, ask: far(s), ns: s.ns.node2, kind: ["routing"], says: /forward(ing)? is 0, should be 1/ }) },
  { name: "one device does not forward", in: (s) => (s.family === "ipv6" ? undefined : { at: s.ns.node1, by: `sysctl -qw net.ipv4.conf.${s.bridge ?? s.port.client}.forwarding=0`, undo: `sysctl -qw net.ipv4.conf.${s.bridge ?? s.port.client}.forwarding=1`, ask: far(s), ns: s.ns.node1, kind: ["routing"], says: /\.forwarding(?:=0 \(instead of 1\)| is 0, should be 1)/ }) },
]; // prettier-ignore

/** Their pods' gateway is an address that no device has. */
const ANSWERED: ReadonlySet<string> = new Set(["calico", "vpc"]);

const LINKS: readonly TraceBreak[] = [
  { name: "the pod's device is down", in: (s) => ({ at: s.ns.web, by: "ip link set eth0 down", ask: far(s), ns: s.ns.web, kind: ["device"], says: /eth0: state is down/ }) },
  { name: "the underlay's cable is out", in: (s) => ({ at: s.ns.node2, by: "ip link set eth0 down", ask: far(s), ns: s.ns.node2, kind: ["device"], says: /eth0: state is down/ }) },
  { name: "the node's end of a pod's cable is down", in: (s) => ({ at: s.ns.node2, by: `ip link set ${s.port.web} down`, ask: far(s), ns: s.ns.node2, kind: ["device", "forwarding", "neighbour"], says: says(`${s.port.web}: state is down`) }) },
  { name: "a port left its bridge", in: (s) => (s.bridge !== undefined ? { at: s.ns.node2, by: `ip link set ${s.port.web} nomaster`, ask: far(s), ns: s.ns.node2, kind: ["device", "forwarding", "neighbour"], says: says(`${s.port.web}: master is none`) } : undefined) },
  { name: "the bridge is down", in: (s) => (s.bridge !== undefined ? { at: s.ns.node1, by: `ip link set ${s.bridge} down`, ask: far(s), ns: s.ns.node1, kind: ["device"], says: says(`${s.bridge}: state is down`) } : undefined) },
  { name: "a port of the underlay's switch is down", in: (s) => (s.driver === "docker" ? undefined : { at: `${s.prefix}underlay`, by: `ip link set ${s.prefix}node2 down`, ask: far(s), ns: `${s.prefix}underlay`, kind: ["device", "forwarding"], says: /node2: state is down/ }) },
  { name: "the gateway's address is gone", in: (s) => (s.family === "ipv4" && ANSWERED.has(s.cni)) ? undefined : ({ at: s.ns.node1, by: `${s.ip} addr show to ${s.gateway} | awk '/^[0-9]+:/{d=$2} /inet/{print $2, d}' | sed 's/@.*//; s/:$//' | while read -r a d; do case $d in ${s.bridge ?? s.port.client}) ${s.ip} addr del $a dev $d;; esac; done`, ask: far(s), ns: s.ns.node1, ...(s.bridge !== undefined || s.family === "ipv6" ? { kind: ["device", "neighbour"] as const, says: new RegExp(`addr(?:ess)? ${literal(s.gateway)}`) } : { kind: ["routing"] as const, way: "back" as const, says: says(`route ${s.address.client}`) }) }) },
  { name: "the server's address is gone", in: (s) => ({ at: s.ns.web, by: `${s.ip} addr flush dev eth0 scope global`, ask: far(s), ns: s.ns.web, kind: ["device", "routing"], says: says(`addr ${s.address.web}`) }) },
  { name: "a queue that lets nothing through", in: (s) => ({ at: s.ns.node1, by: "tc qdisc add dev eth0 root tbf rate 8bit burst 20 latency 1ms", undo: "tc qdisc del dev eth0 root", ask: far(s), ns: s.ns.node1, kind: ["device"], says: /qdisc tbf dev eth0/ }) },
  { name: "a small MTU", in: (s) => ({ at: s.ns.node1, by: `ip link set ${s.cni === "vxlan" ? vxlan(s) : "eth0"} mtu 1300`, ask: large(s), ns: s.ns.node1, kind: ["device", "routing"], says: /mtu is 1300/ }) },
  { name: "hairpin mode is off", in: (s) => (s.bridge !== undefined && s.mode !== "userspace" ? { at: s.ns.node2, by: `bridge link set dev ${s.port.web} hairpin off`, ask: { ...toService(s), from: `${s.prefix}pod/web` }, ns: s.ns.node2, kind: ["device", "forwarding"], says: /hairpin is off/ } : undefined) },
  { name: "ports are isolated", in: (s) => (s.bridge !== undefined ? { at: s.ns.node1, by: `bridge link set dev ${s.port.client} isolated on; bridge link set dev ${s.port.near} isolated on`, ask: { ...far(s), to: `${s.prefix}pod/near:80` }, ns: s.ns.node1, kind: ["device", "forwarding"], says: /isolated is on/ } : undefined) },
]; // prettier-ignore

const NEIGHBOURS: readonly TraceBreak[] = [
  { name: "a wrong neighbour entry in the pod", in: (s) => ({ at: s.ns.client, by: `${s.ip} neigh replace ${s.gateway} lladdr 02:00:00:00:00:99 dev eth0 nud permanent`, undo: `${s.ip} neigh del ${s.gateway} dev eth0`, ask: far(s), ns: s.ns.client, kind: ["neighbour"], says: /02:00:00:00:00:99/ }) },
  { name: "a wrong neighbour entry in the node", in: (s) => ({ at: s.ns.node2, by: `${s.ip} neigh replace ${s.address.web} lladdr 02:00:00:00:00:98 dev ${s.bridge ?? s.port.web} nud permanent`, undo: `${s.ip} neigh del ${s.address.web} dev ${s.bridge ?? s.port.web}`, ask: far(s), ns: s.ns.node2, kind: ["neighbour"], says: /02:00:00:00:00:98/ }) },
  { name: "a device without ARP", in: (s) => ({ at: s.ns.client, by: "ip neigh flush all; ip -6 neigh flush all; ip link set eth0 arp off", ask: far(s), ns: s.ns.client, kind: ["device", "neighbour"], says: /arp is off|lladdr \S+ dev eth0 is missing/ }) },
  { name: "the pod's MAC has changed", in: (s) => ({ at: s.ns.web, by: "ip link set eth0 address 02:00:00:00:00:97", ask: far(s), ns: s.ns.web, kind: ["device"], says: /mac is 02:00:00:00:00:97/ }) },
  { name: "a wrong VTEP", in: (s) => (s.cni === "vxlan" ? { at: s.ns.node1, by: `m=$(bridge fdb show dev ${vxlan(s)} | grep -m1 ${s.address.node2} | cut -d' ' -f1); bridge fdb replace $m dev ${vxlan(s)} dst ${s.nowhere}9 self`, ask: far(s), ns: s.ns.node1, kind: ["forwarding"], says: /fdb .*dst is/ } : undefined) },
  { name: "the tunnel is down", in: (s) => (s.cni === "vxlan" ? { at: s.ns.node2, by: `ip link set ${vxlan(s)} down`, ask: far(s), ns: s.ns.node2, kind: ["device"], says: says(`${vxlan(s)}: state is down`) } : undefined) },
  { name: "the tunnel's neighbour entry is gone", in: (s) => (s.cni === "vxlan" ? { at: s.ns.node1, by: `${s.ip} neigh flush dev ${vxlan(s)} nud permanent`, ask: far(s), ns: s.ns.node1, kind: ["neighbour"], says: /neigh .* is missing/ } : undefined) },
]; // prettier-ignore

/** flannel has a tunnel for each family. */
function vxlan({ family, cni }: Scene): string {
  return cni === "vxlan" && family === "ipv6" ? "flannel-v6.1" : "flannel.1";
}

/** The chain in which a plugin gives pods their node's address; kube-router has a rule of its own in POSTROUTING. */
const MASQUERADING: Partial<Record<Scene["cni"], string>> = {
  vxlan: "FLANNEL-POSTRTG",
  "host-gw": "FLANNEL-POSTRTG",
  kindnet: "KIND-MASQ-AGENT",
  calico: "cali-nat-outgoing",
  vpc: "AWS-SNAT-CHAIN-0",
};

function withoutPolicies({ policies, cni, iptables }: Scene): string {
  if (policies === "nftables") return "nft flush chain inet k8snet-policy forward";
  if (policies === "iptables") return `${iptables} -F NP-FORWARD`;
  return `${iptables} -F ${cni === "calico" ? "cali-FORWARD" : "KUBE-ROUTER-FORWARD"}`;
}

const RULES: readonly TraceBreak[] = [
  { name: "a foreign rule between the nodes", in: (s) => { const rule = `FORWARD -d ${s.there ?? s.address.web} -p tcp --dport 80 -j DROP`; return { at: s.ns.node2, by: `${s.iptables} -I ${rule}`, undo: `${s.iptables} -D ${rule}`, ask: far(s), ns: s.ns.node2, kind: ["netfilter"], says: /rule FORWARD .*-j DROP/ }; } },
  { name: "the policy of a chain", in: (s) => ({ at: s.ns.client, by: `${s.iptables} -P OUTPUT DROP`, undo: `${s.iptables} -P OUTPUT ACCEPT`, ask: far(s), ns: s.ns.client, kind: ["netfilter"], says: /policy DROP of OUTPUT/ }) },
  { name: "a foreign table of nftables", in: (s) => ({ at: s.ns.node1, by: "nft 'add table inet x; add chain inet x c { type filter hook forward priority 0; }; add rule inet x c tcp dport 80 drop'", undo: "nft delete table inet x", ask: far(s), ns: s.ns.node1, kind: ["netfilter"], says: /nft inet x c: tcp dport 80 drop/ }) },
  { name: "a firewall in the server's pod", in: (s) => ({ at: s.ns.web, by: `${s.iptables} -A INPUT -p tcp --dport 80 -j DROP`, undo: `${s.iptables} -F INPUT`, ask: far(s), ns: s.ns.web, kind: ["netfilter"], says: /rule INPUT .*-j DROP/ }) },
  { name: "a firewall that refuses", in: (s) => ({ at: s.ns.web, by: `${s.iptables} -A INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset`, undo: `${s.iptables} -F INPUT`, ask: far(s), ns: s.ns.web, kind: ["netfilter"], says: /rule INPUT .*-j REJECT/ }) },
  { name: "what leaves the client is closed", in: (s) => ({ at: s.ns.client, by: `${s.iptables} -A OUTPUT -d ${s.address.web} -j DROP`, undo: `${s.iptables} -F OUTPUT`, ask: far(s), ns: s.ns.client, kind: ["netfilter"], says: /rule OUTPUT .*-j DROP/ }) },
  { name: "answers are dropped", in: (s) => { const rule = `FORWARD -s ${s.address.web} -j DROP`; return { at: s.ns.node1, by: `${s.iptables} -I ${rule}`, undo: `${s.iptables} -D ${rule}`, ask: far(s), ns: s.ns.node1, kind: ["netfilter"], way: "back", says: /rule FORWARD .*-j DROP/ }; } },
  { name: "the tunnel's protocol is blocked", in: (s) => { const rule = "INPUT -p udp --dport 8472 -j DROP"; return s.cni === "vxlan" ? { at: s.ns.node2, by: `${s.iptables} -A ${rule}`, undo: `${s.iptables} -D ${rule}`, ask: far(s), ns: s.ns.node2, kind: ["netfilter"], says: /--dport 8472 -j DROP/ } : undefined; } },
  { name: "the policies' rules are gone", in: (s) => ({ at: s.ns.node2, by: withoutPolicies(s), ask: { ...far(s), to: `${s.prefix}pod/closed:80` }, ns: s.ns.node2, kind: ["netfilter"], says: /NP-FORWARD|k8snet-policy|cali-FORWARD|KUBE-ROUTER-FORWARD/ }) },
  { name: "a Service's rules are gone", in: (s) => ({ at: s.ns.node1, ...withoutServices(s, "services"), ask: toService(s), ns: s.ns.node1, kind: ["netfilter"] }) },
  { name: "the node ports' rules are gone", in: (s) => ({ at: s.ns.node1, ...withoutServices(s, "node ports"), ask: { from: "internet", to: `${s.prefix}node1:30080`, family: s.family }, ns: s.ns.node1, kind: ["netfilter"] }) },
  { name: "a foreign translation", in: (s) => { const rule = `PREROUTING -d ${s.service} -p tcp --dport 80 -j DNAT --to-destination ${end(s, `${s.nowhere}9`, 80)}`; return { at: s.ns.node1, by: `${s.iptables} -t nat -I ${rule}`, undo: `${s.iptables} -t nat -D ${rule}`, ask: toService(s), ns: s.ns.node1, kind: ["netfilter"], says: /rule PREROUTING .*-j DNAT/ }; } },
  { name: "a foreign masquerade", in: (s) => { const rule = `POSTROUTING -d ${s.there ?? s.address.web} -j SNAT --to-source ${s.nowhere}7`; return { at: s.ns.node1, by: `${s.iptables} -t nat -I ${rule}`, undo: `${s.iptables} -t nat -D ${rule}`, ask: far(s), ns: s.ns.node1, kind: ["netfilter"], says: /rule POSTROUTING .*-j SNAT/ }; } },
  { name: "masquerading is gone", in: (s) => MASQUERADING[s.cni] === undefined ? undefined : ({ at: s.ns.node1, by: `${s.iptables} -t nat -F ${MASQUERADING[s.cni]}`, ask: { ...far(s), to: "internet:80" }, ns: s.ns.node1, kind: ["netfilter"], says: says(MASQUERADING[s.cni] ?? "") }) },
  { name: "a Service's address is gone", in: (s) => (s.mode === "ipvs" ? { at: s.ns.node1, by: `${s.ip} addr del ${s.service}/${s.host} dev kube-ipvs0`, ask: toService(s), ns: s.ns.node1, kind: ["device", "routing"], says: says(`addr ${s.service}`) } : undefined) },
  { name: "connections are not tracked", in: (s) => { const rule = `PREROUTING -d ${s.service} -j CT --notrack`; return s.mode === "ipvs" ? undefined : { at: s.ns.node1, by: `${s.iptables} -t raw -I ${rule}`, undo: `${s.iptables} -t raw -D ${rule}`, ask: toService(s), ns: s.ns.node1, kind: ["netfilter"], says: /rule PREROUTING .*-j CT --notrack/ }; } },
  { name: "frames do not meet the rules", in: (s) => (s.bridge !== undefined && s.mode !== "userspace" ? { at: s.ns.node1, by: `sysctl -qw net.bridge.bridge-nf-call-${s.family === "ipv6" ? "ip6" : "ip"}tables=0`, ask: toService(s, "near"), ns: s.ns.node1, kind: ["netfilter", "forwarding", "device"], says: /bridge-nf-call/ } : undefined) },
]; // prettier-ignore

const SERVICES: readonly TraceBreak[] = [
  { name: "pings are ignored", in: (s) => ({ at: s.ns.web, by: `sysctl -qw net.${s.family}.${s.family === "ipv6" ? "icmp.echo_ignore_all" : "icmp_echo_ignore_all"}=1`, undo: `sysctl -qw net.${s.family}.${s.family === "ipv6" ? "icmp.echo_ignore_all" : "icmp_echo_ignore_all"}=0`, ask: { ...far(s), to: `${s.prefix}pod/web` }, ns: s.ns.web, kind: ["socket", "routing"], says: /echo_ignore_all/ }) },
  { name: "the resolver's file was changed", in: (s) => ({ at: s.ns.client, by: `echo nameserver ${s.nowhere}9 > /etc/resolv.conf`, ask: { from: `${s.prefix}pod/client`, to: "http://web/", family: s.family }, ns: s.ns.client, kind: ["socket", "routing", "device"], says: /resolv\.conf/ }) },
  { name: "DNS's Service is gone", in: (s) => ({ at: s.ns.node1, ...withoutServices(s, "services"), ask: { from: `${s.prefix}pod/client`, dns: "web.default.svc.cluster.local", family: s.family }, ns: s.ns.node1, kind: ["netfilter"] }) },
  { name: "a query for a name meets a foreign rule", in: (s) => { const rule = "FORWARD -p udp --dport 53 -j DROP"; return { at: s.ns.node1, by: `${s.iptables} -I ${rule}`, undo: `${s.iptables} -D ${rule}`, ask: { from: `${s.prefix}pod/client`, dns: "web.default.svc.cluster.local", family: s.family }, ns: s.ns.node1, kind: ["netfilter"], says: /--dport 53 -j DROP/ }; } },
]; // prettier-ignore

/** Several clusters. */
const BETWEEN: readonly TraceBreak[] = [
  { name: "the router has no route to the other cluster's pods", in: (s) => (s.second ? { at: "router", by: `${s.ip} route | grep -E '^${s.family === "ipv6" ? "fd00:10:245" : "10.245"}' | cut -d' ' -f1 | while read -r r; do ${s.ip} route del $r; done`, ask: { ...far(s), to: "east.pod/web:80" }, ns: "router", kind: ["routing"], says: /route (10\.245|fd00:10:245)/ } : undefined) },
  { name: "a foreign rule in the other cluster", in: (s) => { const rule = "FORWARD -p tcp --dport 80 -j DROP"; return s.second ? { at: "east.node2", by: `${s.iptables} -I ${rule}`, undo: `${s.iptables} -D ${rule}`, ask: { ...far(s), to: "east.pod/web:80" }, ns: "east.node2", kind: ["netfilter"], says: /rule FORWARD/ } : undefined; } },
  { name: "a node port of the other cluster", in: (s) => (s.second ? { at: "east.node1", ...withoutServices(s, "node ports"), ask: { ...far(s), to: "east.node1:30080" }, ns: "east.node1", kind: ["netfilter"] } : undefined) },
]; // prettier-ignore

/** Faults of the lab's own: named as what they are. */
const FAULTS: readonly TraceBreak[] = [
  { name: "fault: a link is down", in: (s) => ({ fault: { "link-down": { at: `${s.prefix}node2/eth0` } }, ask: far(s), ns: s.ns.node2, kind: ["device"], says: /fault, on purpose: link-down/ }) },
  { name: "fault: one way", in: (s) => ({ fault: { "one-way": { at: `${s.prefix}node2/eth0`, lost: "in" } }, ask: far(s), ns: s.ns.node2, kind: ["device", "netfilter"], says: /fault, on purpose: one-way/ }) },
  { name: "fault: lost on its way out", in: (s) => ({ fault: { loss: { at: `${s.prefix}node1/eth0`, percent: 100, direction: "out" } }, ask: far(s), ns: s.ns.node1, kind: ["device", "netfilter"], says: /fault, on purpose: loss/ }) },
  { name: "fault: the pod loses everything", in: (s) => ({ fault: { loss: { at: `${s.prefix}pod/web`, percent: 100, direction: "in" } }, ask: far(s), ns: s.ns.web, kind: ["device", "netfilter"], says: /fault, on purpose: loss/ }) },
  { name: "fault: a protocol is blocked", in: (s) => ({ fault: { block: { at: `${s.prefix}node2/eth0`, protocol: s.cni === "vxlan" ? "vxlan" : "tcp", direction: "in" } }, ask: far(s), ns: s.ns.node2, kind: ["device", "netfilter"], says: /fault, on purpose: block/ }) },
  { name: "fault: answers are blocked", in: (s) => ({ fault: { block: { at: `${s.prefix}pod/web`, protocol: "tcp", direction: "out" } }, ask: far(s), ns: s.ns.web, kind: ["device", "netfilter"], way: "back", says: /fault, on purpose: block/ }) },
  { name: "fault: a small MTU", in: (s) => ({ fault: { mtu: { at: `${s.prefix}node1/eth0`, mtu: 1300 } }, ask: large(s), ns: s.ns.node1, kind: ["device", "routing"], says: /fault, on purpose: mtu/ }) },
  { name: "fault: a partition", in: (s) => ({ fault: { partition: { between: `${s.prefix}node1`, and: [`${s.prefix}node2`] } }, ask: far(s), ns: [s.ns.node1, s.ns.node2], kind: ["device", "netfilter"], says: /fault, on purpose: partition/ }) },
  // Afterwards CNI plugins would have to be called again.
  { name: "fault: a node is down", in: (s) => s.cni === "cni" ? undefined : ({ fault: { "node-down": { at: `${s.prefix}node2` } }, ask: far(s), ns: s.ns.node2, kind: ["device"], says: /fault, on purpose: node-down/ }) },
  { name: "fault: a pod is killed", in: (s) => ({ fault: { "pod-killed": { at: `${s.prefix}pod/web` } }, ask: far(s), ns: s.ns.web, kind: ["socket"], says: /fault, on purpose: pod-killed/ }) },
  { name: "fault: a foreign rule", in: (s) => ({ fault: { "foreign-rule": { at: `${s.prefix}node1`, rule: "tcp dport 80 drop" } }, ask: far(s), ns: s.ns.node1, kind: ["netfilter"], says: /fault, on purpose: foreign-rule/ }) },
  { name: "fault: connection tracking is full", in: (s) => ({ fault: { "conntrack-full": { at: `${s.prefix}node1` } }, ask: far(s), ns: s.ns.node1, kind: ["netfilter"], says: /fault, on purpose: conntrack-full/ }) },
  { name: "fault: a relay loses everything", in: (s) => ({ fault: { netem: { at: `${s.prefix}node1/eth0`, loss: 100, by: "relay" } }, ask: far(s), ns: s.ns.node1, kind: ["device", "netfilter"], says: /fault, on purpose: netem/ }) },
  { name: "fault: a pod is stopped", in: (s) => ({ fault: { "pod-stopped": { at: `${s.prefix}pod/web` } }, ask: { ...far(s), to: `http://${s.prefix}pod/web:80/` }, ns: s.ns.web, kind: ["socket"], says: /fault, on purpose: pod-stopped/ }) },
  { name: "fault: new MACs", in: (s) => (s.cni === "vxlan" ? { fault: { "new-macs": { at: `${s.prefix}node2` } }, ask: far(s), ns: s.ns.node2, kind: ["device"], says: /fault, on purpose: new-macs/ } : undefined) },
]; // prettier-ignore

export const TRACE_BREAKS: readonly TraceBreak[] = [
  ...ROUTES,
  ...LINKS,
  ...NEIGHBOURS,
  ...RULES,
  ...SERVICES,
  ...BETWEEN,
  ...FAULTS,
];
