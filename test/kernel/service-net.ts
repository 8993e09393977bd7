/**
 * One node with given addresses and a kube-proxy's rules, and everybody else a namespace: clients, each endpoint, and
 * `nowhere`, which answers for every address that no rule has translated. Packets are real; who answers says where they went.
 *
 *     client ─┐
 *     ep0 ────┼── node ── nowhere (0.0.0.0/0)
 *     ep1 ────┘
 */
import { execFileSync } from "node:child_process";
import { setImmediate as breathe } from "node:timers/promises";
import { enterNetns } from "../../src/kernel/netns.ts";
import { encodeSockaddr as sockaddr } from "../../src/kernel/sockaddr.ts";
import {
  AF_INET,
  AF_INET6,
  bindSocket,
  closeSocket,
  connectSocket,
  EAGAIN,
  EINPROGRESS,
  IPPROTO_SCTP,
  openSocket,
  receiveSocket,
  sendSocket,
  setAbortiveClose,
  SOCK_DGRAM,
  SOCK_STREAM,
  socketError,
} from "../../src/kernel/socket.ts";
import { constants } from "node:os";
import type { EndpointSliceModel, ProxyInput } from "../../src/kube/service/service.ts";
import type { ServiceProtocol } from "../../src/net/protocol.ts";
import { ProbeNet } from "./probe-net.ts";

/** Who got the packet and from which address; or how it ended. */
export type Arrival =
  | { readonly at: string; readonly from: string }
  | "refused"
  | "reset"
  | "silence"
  | `error ${string}`;

const SOCK_RAW = 3;
const { ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE } = constants.errno;
const BROKEN: ReadonlySet<number> = new Set([ECONNRESET, EPIPE]);
const into = Buffer.alloc(4096);

/** Whether this kernel has SCTP sockets. */
function hasSctp(): boolean {
  const fd = openSocket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
  if (fd >= 0) closeSocket(fd);
  return fd >= 0;
}

/** CRC-32C (RFC 9260 appendix A). */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** The first packet of an association (RFC 9260, 3.1 and 3.3.2). */
function sctpInit(from: number, to: number): Buffer {
  const packet = Buffer.alloc(32);
  packet.writeUInt16BE(from, 0);
  packet.writeUInt16BE(to, 2);
  packet.writeUInt8(1, 12);
  packet.writeUInt16BE(20, 14);
  packet.writeUInt32BE(1, 16);
  packet.writeUInt32BE(65_536, 20);
  packet.writeUInt16BE(1, 24);
  packet.writeUInt16BE(1, 26);
  packet.writeUInt32BE(1, 28);
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

export class ServiceNet {
  readonly net: ProbeNet;
  readonly #input: ProxyInput;
  readonly #six: boolean;
  /** Endpoint address → its namespace. */
  readonly #endpoints = new Map<string, string>();
  readonly #serving = new Set<string>();

  /** `clients`: source addresses of nobody else. */
  constructor(input: ProxyInput, clients: readonly string[]) {
    this.#input = input;
    this.#six = input.family === "ipv6";
    const own = input.slices.filter((slice) => slice.family === input.family);
    const addresses = new Set(own.flatMap((slice) => slice.endpoints.flatMap((it) => it.addresses)));
    for (const address of addresses) this.#endpoints.set(address, `ep${this.#endpoints.size}`);
    this.net = new ProbeNet("node", "client", "nowhere", ...this.#endpoints.values());
    try {
      this.#build(own, clients);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  #build(own: readonly EndpointSliceModel[], clients: readonly string[]): void {
    this.#buildNode();
    const strangers = clients.filter((ip) => !this.#endpoints.has(ip) && !this.#isNode(ip));
    this.#connect("client", strangers, 1);
    let index = 2;
    for (const [address, ns] of this.#endpoints) this.#connect(ns, [address], index++);
    this.#connect("nowhere", [], index);
    const default_ = this.#six ? "::/0" : "0.0.0.0/0";
    this.net.ip("nowhere", `route add local ${default_} dev lo table local`);
    this.net.ip("node", `route add ${default_} via ${this.#link(index, 2)} dev link${index} onlink`);
    for (const slice of own)
      for (const { port, protocol } of slice.ports)
        for (const address of slice.endpoints.flatMap((it) => it.addresses)) {
          const at = this.#six ? `[${address}]:${port}` : `${address}:${port}`;
          this.#serve(this.#endpoints.get(address) ?? "", port, protocol, at);
        }
  }

  /** Load restore text of the input's family, or an nft script. */
  load(text: string, tool: "restore" | "nft"): void {
    const argv = tool === "nft" ? ["nft", "-f", "-"] : [this.#six ? "ip6tables-restore" : "iptables-restore", "-w"];
    const [file = "", ...args] = ["ip", "netns", "exec", this.net.host("node"), ...argv];
    execFileSync(file, args, { input: text, stdio: ["pipe", "pipe", "pipe"], encoding: "utf8" });
  }

  /** One packet with its answer. Somebody listens on the port at the node itself and nowhere, so a refusal is a rule's. */
  async send(from: string, to: string, port: number, protocol: ServiceProtocol, patience = 400): Promise<Arrival> {
    if (protocol === "SCTP" && !hasSctp()) return this.#sendInit(from, to, port);
    for (const ns of ["node", "nowhere"]) this.#serve(ns, port, protocol, ns);
    const ns = this.#home(from);
    const udp = protocol === "UDP";
    const kind = udp ? SOCK_DGRAM : SOCK_STREAM;
    const domain = this.#six ? AF_INET6 : AF_INET;
    const fd = enterNetns(this.net.netns(ns), () => openSocket(domain, kind, protocol === "SCTP" ? IPPROTO_SCTP : 0));
    if (fd < 0) return `error socket ${fd}`;
    try {
      const bound = bindSocket(fd, sockaddr(from, 0));
      if (bound < 0) return `error bind ${from} ${bound}`;
      const connected = connectSocket(fd, sockaddr(to, port));
      if (connected === -ECONNREFUSED) return "refused";
      if (connected < 0 && connected !== -EINPROGRESS) return `error connect ${connected}`;
      return await this.#ask(fd, udp ? "who" : "GET /json HTTP/1.0\r\n\r\n", performance.now() + patience);
    } finally {
      if (!udp) setAbortiveClose(fd);
      closeSocket(fd);
    }
  }

  remove(): void {
    this.net.remove();
  }

  #home(address: string): string {
    return this.#isNode(address) ? "node" : (this.#endpoints.get(address) ?? "client");
  }

  /** Where the kernel has no SCTP sockets: an INIT from a raw socket, and what the node's connection tracking made of it. */
  async #sendInit(from: string, to: string, port: number): Promise<Arrival> {
    const fd = enterNetns(this.net.netns(this.#home(from)), () =>
      openSocket(this.#six ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_SCTP),
    );
    if (fd < 0) return `error raw socket ${fd}`;
    const source = 20_000 + Math.floor(Math.random() * 40_000);
    try {
      bindSocket(fd, sockaddr(from, 0));
      connectSocket(fd, sockaddr(to, 0));
      sendSocket(fd, sctpInit(source, port));
    } finally {
      closeSocket(fd);
    }
    const family = this.#six ? "ipv6" : "ipv4";
    const list = this.net.run("node", "conntrack", "-L", "-f", family, "-p", "sctp", "--orig-port-src", String(source));
    const [, back, forth, number] = /src=\S+ dst=\S+ .*? src=(\S+) dst=(\S+) sport=(\d+)/.exec(list) ?? [];
    if (back === undefined || forth === undefined) return "silence";
    return { at: back === to ? "nowhere" : this.#six ? `[${back}]:${number}` : `${back}:${number}`, from: forth };
  }

  async #ask(fd: number, question: string, until: number): Promise<Arrival> {
    let sent = false;
    let text = "";
    while (performance.now() < until) {
      // An ICMP error that comes back while connect(2) is still sending is kept as a soft error only: asked for here.
      const error = socketError(fd);
      if (error === ECONNREFUSED) return "refused";
      if (BROKEN.has(error)) return "reset";
      if (!sent) {
        const result = sendSocket(fd, Buffer.from(question));
        if (result === -ECONNREFUSED) return "refused";
        if (BROKEN.has(-result)) return "reset";
        if (result < 0 && result !== -EAGAIN && result !== -ENOTCONN) return `error send ${result}`;
        sent = result > 0;
      }
      const size = receiveSocket(fd, into);
      if (size === -ECONNREFUSED) return "refused";
      if (BROKEN.has(-size)) return "reset";
      if (size < 0 && size !== -EAGAIN && size !== -ENOTCONN) return `error receive ${size}`;
      if (size > 0) text += into.toString("utf8", 0, size);
      const body = /\{.*\}/s.exec(text)?.[0];
      if (body !== undefined && text.endsWith("\n")) {
        const who = JSON.parse(body) as { hostname: string; clientIP: string };
        return { at: who.hostname, from: who.clientIP };
      }
      await breathe();
    }
    return "silence";
  }

  #isNode(ip: string): boolean {
    const balancers = this.#input.services.flatMap((it) => it.loadBalancerIPs.map((entry) => entry.ip));
    return ip === "127.0.0.1" || ip === "::1" || this.#input.nodeIPs.includes(ip) || balancers.includes(ip);
  }

  #serve(ns: string, port: number, protocol: ServiceProtocol, hostname: string): void {
    const key = `${ns} ${port} ${protocol}`;
    if (this.#serving.has(key) || (protocol === "SCTP" && !hasSctp())) return;
    this.#serving.add(key);
    this.net.serve(ns, port, protocol.toLowerCase() as "tcp", hostname);
  }

  #link(index: number, end: 1 | 2): string {
    return this.#six ? `fd99::${index}:${end}` : `169.254.${index}.${end}`;
  }

  #buildNode(): void {
    const { net } = this;
    for (const key of ["ipv4.ip_forward", "ipv6.conf.all.forwarding", "ipv4.conf.all.route_localnet"])
      net.sysctl("node", `net.${key}=1`);
    // Else Linux tells each host only once a second that it was refused.
    for (const key of ["ipv4.icmp_ratelimit", "ipv6.icmp.ratelimit"]) net.sysctl("node", `net.${key}=0`);
    for (const which of ["all", "default"]) net.sysctl("node", `net.ipv4.conf.${which}.rp_filter=0`);
    const length = this.#six ? 128 : 32;
    const nodad = this.#six ? " nodad" : "";
    const addresses = [...this.#input.nodeIPs];
    net.ip("node", ...addresses.map((ip) => `addr add ${ip}/${length} dev lo${nodad}`));
  }

  /** A load balancer address that the node itself has, as some load balancers do. */
  own(address: string): void {
    this.net.ip("node", `addr replace ${address}/${this.#six ? 128 : 32} dev lo${this.#six ? " nodad" : ""}`);
  }

  #connect(ns: string, addresses: readonly string[], index: number): void {
    const length = this.#six ? 128 : 32;
    const nodad = this.#six ? " nodad" : "";
    const all = [...new Set(addresses)].filter((ip) => ip.includes(":") === this.#six);
    this.net.ip(
      "node",
      `link add link${index} type veth peer name eth0 netns @${ns}`,
      `link set link${index} up`,
      `addr add ${this.#link(index, 1)}/${length} dev link${index}${nodad}`,
    );
    this.net.ip(
      ns,
      "link set eth0 up",
      ...[...all, this.#link(index, 2)].map((ip) => `addr add ${ip}/${length} dev eth0${nodad}`),
      `route add ${this.#link(index, 1)}/${length} dev eth0`,
      ...(ns === "nowhere"
        ? []
        : [`route add ${this.#six ? "::/0" : "0.0.0.0/0"} via ${this.#link(index, 1)} dev eth0 onlink`]),
    );
    this.net.ip("node", ...[...all, this.#link(index, 2)].map((ip) => `route add ${ip}/${length} dev link${index}`));
  }
}
