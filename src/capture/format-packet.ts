/** One packet in one line, close to what tcpdump prints, so that learners can read both. */
import { unreachableReason } from "./icmp.ts";
import type { CapturedPacket, IcmpLayer, IpLayer, Packet, TcpLayer } from "./packet.ts";

const TCP_LETTERS: Readonly<Record<string, string>> = {
  SYN: "S",
  FIN: "F",
  RST: "R",
  PSH: "P",
  ACK: ".",
  URG: "U",
  ECE: "E",
  CWR: "W",
};

/** `IP 10.244.0.2.41000 > 10.244.1.2.80: Flags [S], seq 1, win 64240, length 0`. Tunnels: outer line, then the inner packet. */
export function formatPacket(packet: Packet): string {
  const vlan = packet.link?.vlans.map((id) => `vlan ${id}, `).join("") ?? "";
  return vlan + body(packet) + (packet.problem === undefined ? "" : ` [${packet.problem}]`);
}

/** With time (UTC) and place in front: `12:00:00.000001 node1/eth0 IP …`. */
export function formatCaptured(captured: CapturedPacket): string {
  return `${formatTime(captured.time)} ${captured.place} ${formatPacket(captured.packet)}`;
}

/** `HH:MM:SS.uuuuuu`, UTC. `time` in nanoseconds since the epoch. */
export function formatTime(time: bigint): string {
  const micros = time / 1000n;
  const seconds = micros / 1_000_000n;
  const two = (n: bigint): string => String(n % 60n).padStart(2, "0");
  const hours = String((seconds / 3600n) % 24n).padStart(2, "0");
  return `${hours}:${two(seconds / 60n)}:${two(seconds)}.${String(micros % 1_000_000n).padStart(6, "0")}`;
}

function body(packet: Packet): string {
  const { arp, ip } = packet;
  if (arp !== undefined) {
    if (arp.op === "request") return `ARP, Request who-has ${arp.targetIp} tell ${arp.senderIp}`;
    if (arp.op === "reply") return `ARP, Reply ${arp.senderIp} is-at ${arp.senderMac}`;
    return `ARP, operation ${arp.op}`;
  }
  if (ip === undefined) {
    const type = packet.link?.etherType;
    return type === undefined ? "unknown packet" : `ethertype 0x${type.toString(16).padStart(4, "0")}`;
  }
  const version = ip.family === "ipv4" ? "IP" : "IP6";
  const ports = packet.tcp ?? packet.udp ?? packet.sctp;
  const from = ports === undefined ? ip.src : `${ip.src}.${ports.sport}`;
  const to = ports === undefined ? ip.dst : `${ip.dst}.${ports.dport}`;
  return `${version} ${from} > ${to}: ${payload(packet, ip)}${fragment(ip)}`;
}

function payload(packet: Packet, ip: IpLayer): string {
  const { tcp, udp, sctp, icmp, vxlan, tunnel, esp, wireguard, dns, http, tls } = packet;
  if (vxlan !== undefined) return `VXLAN, vni ${vxlan.vni}: ${formatPacket(vxlan.inner)}`;
  if (tunnel !== undefined) return `${tunnel.name}: ${formatPacket(tunnel.inner)}`;
  if (esp !== undefined) return `ESP, ${esp}`;
  if (wireguard !== undefined) return `WireGuard, ${wireguard}`;
  if (tcp !== undefined)
    return `${formatTcp(tcp)}${dns === undefined ? "" : `: DNS ${dns}`}${http === undefined ? "" : `: ${http.startsWith("HTTP/") ? "" : "HTTP "}${http}`}${tls === undefined ? "" : `: TLS ${tls}`}`;
  if (dns !== undefined) return `DNS ${dns}`;
  if (udp !== undefined) return `UDP, length ${udp.length}`;
  if (sctp !== undefined) return `SCTP, length ${sctp.length}`;
  if (icmp !== undefined) return formatIcmp(icmp, ip);
  return ip.fragment === undefined || ip.fragment.offset === 0 ? `ip-proto-${ip.protocol}` : `proto ${ip.protocol}`;
}

function formatTcp(tcp: TcpLayer): string {
  const flags = tcp.flags.map((flag) => TCP_LETTERS[flag] ?? "").join("");
  const seq = tcp.length > 0 ? `seq ${tcp.seq}:${(tcp.seq + tcp.length) >>> 0}` : `seq ${tcp.seq}`;
  const ack = tcp.flags.includes("ACK") ? `, ack ${tcp.ack}` : "";
  return `Flags [${flags === "" ? "none" : flags}], ${seq}${ack}, win ${tcp.window}, length ${tcp.length}`;
}

function formatIcmp(icmp: IcmpLayer, ip: IpLayer): string {
  const protocol = ip.family === "ipv4" ? "ICMP" : "ICMP6";
  const about = icmp.quoted?.ip === undefined ? "" : ` (about ${formatPacket({ ...icmp.quoted, problem: undefined })})`;
  switch (icmp.name) {
    case "echo-request":
    case "echo-reply":
      return `${protocol} ${icmp.name.replace("-", " ")}, id ${icmp.id ?? "?"}, seq ${icmp.seq ?? "?"}, ttl ${ip.ttl}`;
    case "unreachable":
      return `${protocol} ${icmp.quoted?.ip?.dst ?? "destination"} unreachable: ${unreachableReason(ip.family, icmp.code)}${about}`;
    case "frag-needed":
    case "packet-too-big":
      return `${protocol} ${icmp.quoted?.ip?.dst ?? "destination"} packet too big, mtu ${icmp.mtu ?? "?"}${about}`;
    case "ttl-exceeded":
      return `${protocol} time exceeded in transit${about}`;
    case "neighbor-solicitation":
      return `${protocol} neighbor solicitation, who has ${icmp.target ?? "?"}`;
    case "neighbor-advertisement":
      return `${protocol} neighbor advertisement, tgt is ${icmp.target ?? "?"}`;
    default:
      return `${protocol} ${/^\d+$/.test(icmp.name) ? `type ${icmp.type}` : icmp.name.replaceAll("-", " ")}`;
  }
}

function fragment(ip: IpLayer): string {
  if (ip.fragment === undefined) return "";
  const { id, offset, more } = ip.fragment;
  return ` (frag ${id}:${offset}${more ? "+" : ""})`;
}
