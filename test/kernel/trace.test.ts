import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { enterNetns } from "../../src/kernel/netns.ts";
import { must } from "../../src/kernel/libc.ts";
import { encodeSockaddr } from "../../src/kernel/sockaddr.ts";
import { AF_INET, closeSocket, connectSocket, openSocket, sendSocket, SOCK_DGRAM } from "../../src/kernel/socket.ts";
import { readDropCounters } from "../../src/kernel/drop-counters.ts";
import { risenCounters } from "../../src/why/risen-counters.ts";
import { holdFirst } from "../../src/services/trace/hold.ts";
import { heldProbe } from "../../src/services/trace/held-probe.ts";
import { runProbes } from "../../src/services/probe/run-probes.ts";
import type { Probe, ProbeResult } from "../../src/services/probe/protocol.ts";
import type { TraceResult } from "../../src/services/trace/protocol.ts";
import { describeLastSeen } from "../../src/services/trace/last-seen.ts";
import { traceProbe } from "../../src/services/trace/trace-probe.ts";
import { ProbeNet, routed } from "./probe-net.ts";

let net: ProbeNet;
afterEach(() => net.remove());

const tcp = (to: string, port = 80): Probe => ({ kind: "tcp", ns: "client", to, port, timeout: 300 });
const udp = (to: string, port = 53): Probe => ({ kind: "udp", ns: "client", to, port, timeout: 300 });
const ping = (to: string, more: Partial<Probe> = {}): Probe =>
  ({ kind: "ping", ns: "client", to, timeout: 300, count: 1, df: false, ...more }) as Probe;
const trace = (probe: Probe): Promise<TraceResult> => traceProbe(probe, net.all);
/** `client/eth0>` is out, `>router/left` is in; `*` inside VXLAN. */
const way = (result: TraceResult, forward = true): string =>
  result.sightings
    .filter((s) => s.forward === forward)
    .map(
      (s) =>
        `${s.direction === "in" ? ">" : ""}${s.ns}/${s.iface}${s.encapsulated ? "*" : ""}${s.direction === "out" ? ">" : ""}`,
    )
    .join(" ");

function sendUdp(ns: string, to: string, port: number, payload: Buffer): void {
  const fd = enterNetns(net.netns(ns), () => openSocket(AF_INET, SOCK_DGRAM));
  must("connect", connectSocket(fd, encodeSockaddr(to, port)));
  must("send", sendSocket(fd, payload));
  closeSocket(fd);
}

/** client <-> switch(br0) <-> server, and a bystander on the same bridge. */
function bridged(): ProbeNet {
  const made = new ProbeNet("client", "switch", "server", "bystander");
  made.ip("switch", "link add br0 type bridge stp_state 0 forward_delay 0", "link set br0 up");
  ["client", "server", "bystander"].forEach((name, i) => {
    made.ip("switch", `link add port${i} type veth peer name eth0 netns @${name}`, `link set port${i} master br0 up`);
    made.ip(name, `addr add 10.0.0.${i + 1}/24 dev eth0`, "link set eth0 up");
  });
  return made;
}

describe("over a bridge: client <-> br0 <-> server", () => {
  beforeEach(async () => {
    net = bridged();
    net.serve("server", 80);
    net.serve("server", 53, "udp");
    await net.ready("client", "10.0.0.2");
  });

  it.each([
    ["tcp", tcp("10.0.0.2")],
    ["udp", udp("10.0.0.2")],
    ["ping", ping("10.0.0.2")],
    [
      "http",
      {
        kind: "http",
        ns: "client",
        to: "10.0.0.2",
        port: 80,
        timeout: 300,
        method: "GET",
        path: "/",
        headers: {},
      } satisfies Probe,
    ],
  ] as const)("sees a %s probe at each device, there and back", async (_name, probe) => {
    const result = await trace(probe);
    expect(result.probe.outcome).toBe("open");
    expect(way(result)).toBe("client/eth0> >switch/port0 switch/port1> >server/eth0");
    expect(way(result, false)).toBe("server/eth0> >switch/port1 switch/port0> >client/eth0");
    expect(result.sightings.every((s, i) => s.atNs >= (result.sightings[i - 1]?.atNs ?? 0))).toBe(true);
    expect(describeLastSeen(result)).toBe(
      "answered when it was sent again: the reply from server arrived, entering client on eth0",
    );
    expect(describeLastSeen(result, "client", true)).toBe(
      "answered: the reply from server arrived, entering client on eth0",
    );
  });

  it("recognises a refused connection, and other traffic than this probe's", async () => {
    const [refused, ...open] = await Promise.all([
      trace(tcp("10.0.0.2", 81)),
      trace(tcp("10.0.0.2", 80)),
      trace(udp("10.0.0.2", 53)),
    ]);
    expect([refused, ...open].map((r) => r.probe.outcome)).toEqual(["refused", "open", "open"]);
    for (const result of [refused, ...open])
      expect(way(result)).toBe("client/eth0> >switch/port0 switch/port1> >server/eth0");
    expect(refused.sightings.at(-1)?.packet).toMatch(/^10\.0\.0\.2:81 > 10\.0\.0\.1:\d+ TCP RST ACK$/);
    expect(describeLastSeen(refused)).toBe("refused: the reply from server arrived, entering client on eth0");
  });

  it("recognises a frame that came with a wrong MAC", async () => {
    net.ip("client", "neigh replace 10.0.0.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent");
    const result = await trace(ping("10.0.0.2"));
    expect(result.probe.outcome).toBe("timeout");
    expect(describeLastSeen(result)).toMatch(
      /^entering (server|bystander) on eth0, which ignored it: the frame is for another MAC/,
    );
  });

  it("recognises a packet that never left", async () => {
    expect(describeLastSeen(await trace(tcp("192.0.2.1")), "default/client")).toBe(
      "never left pod/client: no route (ENETUNREACH)",
    );
  });
});

describe("through a router: client <-> router <-> server", () => {
  beforeEach(async () => {
    net = routed();
    net.serve("server", 80);
    net.serve("server", 53, "udp");
    await net.ready("client", "10.0.2.2", "fd00:2::2");
  });

  it.each(["10.0.2.2", "fd00:2::2"])("sees the way to %s", async (to) => {
    for (const probe of [tcp(to), udp(to), ping(to)]) {
      expect(way(await trace(probe))).toBe("client/eth0> >router/left router/right> >server/eth0");
    }
  });

  it("knows the packet again behind SNAT and DNAT, with other ports", async () => {
    net.iptables(
      "router",
      "-t",
      "nat",
      "-A",
      "POSTROUTING",
      "-o",
      "right",
      "-p",
      "tcp",
      "-j",
      "MASQUERADE",
      "--to-ports",
      "5000-5010",
    );
    net.iptables("router", "-t", "nat", "-A", "POSTROUTING", "-o", "right", "-j", "MASQUERADE");
    net.iptables(
      "router",
      "-t",
      "nat",
      "-A",
      "PREROUTING",
      "-d",
      "10.96.0.1",
      "-p",
      "tcp",
      "--dport",
      "8080",
      "-j",
      "DNAT",
      "--to-destination",
      "10.0.2.2:80",
    );
    const result = await trace(tcp("10.96.0.1", 8080));
    expect(result.probe).toMatchObject({ outcome: "open", sourceIP: "10.0.2.1" });
    expect(way(result)).toBe("client/eth0> >router/left router/right> >server/eth0");
    expect(way(result, false)).toBe("server/eth0> >router/right router/left> >client/eth0");
    const [, entering, leaving] = result.sightings;
    expect(entering?.packet).toMatch(/^10\.0\.1\.2:\d+ > 10\.96\.0\.1:8080 TCP SYN$/);
    expect(leaving?.packet).toMatch(/^10\.0\.2\.1:50(0\d|10) > 10\.0\.2\.2:80 TCP SYN$/);
    expect(way(await trace(udp("10.0.2.2")), false)).toBe("server/eth0> >router/right router/left> >client/eth0");
    expect(way(await trace(ping("10.0.2.2")), false)).toBe("server/eth0> >router/right router/left> >client/eth0");
  });

  it("reports what connection tracking does: the state of each packet, entries with both ends, NOTRACK", async () => {
    net.iptables("router", "-t", "nat", "-A", "PREROUTING", "-d", "10.96.0.1", "-p", "tcp", "-j", "DNAT", "--to-destination", "10.0.2.2:80"); // prettier-ignore
    net.iptables("router", "-t", "mangle", "-A", "PREROUTING", "-p", "tcp", "-j", "CONNMARK", "--set-mark", "7");
    net.iptables("router", "-t", "raw", "-A", "PREROUTING", "-p", "udp", "-j", "NOTRACK");
    const ruled = (probe: Probe): Promise<TraceResult> => traceProbe(probe, net.all, { rules: ["router"] });
    const { tracked = [], flows = [] } = await ruled(tcp("10.96.0.1", 80));
    expect(tracked.map(({ state, reply }) => [state, reply])).toEqual([
      ["NEW", false],
      ["ESTABLISHED", true],
    ]);
    const [first, second] = flows;
    expect(first).toMatchObject({ ns: "router", created: true, tcp: "SYN_SENT", mark: 7, zone: 0 });
    // A new entry's two minutes, of which the kernel reports whole seconds that are left.
    expect([119, 120]).toContain(first?.timeout);
    expect(first?.original.to).toBe("10.96.0.1:80");
    expect(first?.reply.from).toBe("10.0.2.2:80");
    expect(second).toMatchObject({ id: first?.id, created: false, replied: true, tcp: "SYN_RECV" });
    expect(tracked.every(({ id }) => id === first?.id)).toBe(true);
    const untracked = await ruled(udp("10.0.2.2"));
    expect(untracked.tracked?.map(({ state }) => state)).toEqual(["UNTRACKED"]);
    expect(untracked.flows).toEqual([]);
  });

  it("what the kernel counts of lost packets rises: no socket, reverse path filter; and not where all is well", async () => {
    const risen = async (ns: string, probe: Probe): Promise<readonly string[]> => {
      const before = { [ns]: readDropCounters(net.netns(ns)) };
      await trace(probe);
      const after = { [ns]: readDropCounters(net.netns(ns)) };
      return risenCounters(before, after).map(({ counter, by }) => `${counter} ${by}`);
    };
    expect(await risen("server", udp("10.0.2.2", 54))).toEqual(["UdpNoPorts 1"]);
    net.sysctl("router", "net.ipv4.conf.all.rp_filter=1");
    net.ip("router", "route add 10.0.1.2/32 dev right");
    expect(await risen("router", ping("10.0.2.2"))).toEqual(["TcpExtIPReversePathFilter 1"]);
    net.ip("router", "route del 10.0.1.2/32");
    net.iptables("router", "-t", "raw", "-A", "PREROUTING", "-j", "ACCEPT");
    expect(await risen("router", ping("10.0.2.2"))).toEqual([]);
  });

  it("installs nothing that stays, and marks for each of many traces its own packets", async () => {
    net.iptables("router", "-t", "mangle", "-A", "FORWARD", "-j", "MARK", "--set-mark", "1");
    const results = await Promise.all(
      Array.from({ length: 20 }, () => traceProbe(tcp("10.0.2.2"), net.all, { rules: ["router"] })),
    );
    for (const { rules = [], sightings, untraced } of results) {
      expect(untraced).toEqual([]);
      const port = sightings[0]?.packet.split(" ")[0];
      const packets = rules.flatMap(({ packet }) => packet ?? []);
      expect(packets.length).toBeGreaterThan(0);
      expect(packets.every((text) => port !== undefined && text.includes(port))).toBe(true);
    }
    expect(enterNetns(net.netns("router"), () => execFileSync("nft", ["list", "tables"], { encoding: "utf8" }))).toBe(
      "table ip mangle\n",
    );
  });

  describe("a packet of others, held until the trace listens", () => {
    const held = async (ns: string, filter: string, send: () => Promise<unknown>): Promise<TraceResult> => {
      const { promise: waits, resolve: waiting } = Promise.withResolvers<void>();
      const holding = holdFirst(net.netns(ns), filter, waiting, AbortSignal.timeout(5000));
      await Promise.race([waits, holding]);
      const sent = send();
      const packet = await holding;
      const found = packet === undefined ? undefined : heldProbe(ns, packet.bytes, 500);
      if (packet === undefined || found === undefined) throw new Error("nothing was held");
      const { probe, marks, localPort } = found;
      const result = await traceProbe(probe, net.all, { rules: ["router"], marks, held: { ...packet, localPort } });
      await sent;
      return result;
    };
    const run = (probe: Probe): Promise<unknown> => runProbes([probe], (ns) => net.netns(ns));

    it.each([
      ["client", "tcp port 80", tcp("10.0.2.2")],
      ["client", "udp port 53", udp("10.0.2.2")],
      ["client", "icmp", ping("10.0.2.2")],
      ["client", "ip6 and tcp", tcp("fd00:2::2")],
    ] as const)("at %s, %s: all of its way, there and back", async (ns, filter, probe) => {
      const result = await held(ns, filter, () => run(probe));
      expect(result.probe.outcome).toBe("open");
      expect(way(result)).toBe("client/eth0> >router/left router/right> >server/eth0");
      expect(way(result, false)).toBe("server/eth0> >router/right router/left> >client/eth0");
    });

    // Payloads that end before a tunnel's header, or have the bit of VXLAN's flag (0x68 is "h").
    const query = Buffer.from("080101000001000000000000037765620000010001", "hex");
    it.each([
      ["nothing", 9000, Buffer.alloc(0)],
      ["6 bytes", 9000, Buffer.from("hello\n")],
      ["21 bytes", 9000, Buffer.from("h".repeat(21))],
      ["a query of 21 bytes", 53, query],
    ] as const)("a UDP packet with %s", async (_what, port, payload) => {
      const result = await held("client", `udp dst port ${port}`, async () => sendUdp("client", "10.0.2.2", port, payload)); // prettier-ignore
      expect(way(result)).toBe("client/eth0> >router/left router/right> >server/eth0");
    });

    it("on a router, with the device on which it came in, and the rules", async () => {
      net.iptables("router", "-t", "nat", "-A", "POSTROUTING", "-p", "tcp", "-j", "MASQUERADE");
      const result = await held("router", "tcp dst port 80", () => run(tcp("10.0.2.2")));
      expect(way(result)).toBe(">router/left router/right> >server/eth0");
      expect(result.rules?.some(({ chain, table }) => chain === "POSTROUTING" && table === "nat")).toBe(true);
      expect(result.tracked?.[0]?.state).toBe("NEW");
    });

    it("passes where the trace cannot begin", async () => {
      const gone = { ...net.netns("client"), fd: -1 };
      let passes = false;
      const held = { bytes: Buffer.alloc(20), release: () => void (passes = true) };
      await expect(traceProbe(udp("10.0.2.2"), [{ ns: "client", handle: gone }], { held })).rejects.toThrow("EBADF");
      expect(passes).toBe(true);
    });

    it("lets others pass, and leaves nothing: when none comes, when it is refused, when it was traced", async () => {
      expect(await holdFirst(net.netns("client"), "tcp port 81", () => undefined, AbortSignal.timeout(50))).toBeUndefined(); // prettier-ignore
      await expect(holdFirst(net.netns("client"), "tcp prot 80", () => undefined, AbortSignal.timeout(50))).rejects.toThrow(/does not understand "tcp prot 80": .*syntax error/); // prettier-ignore
      const many = Array.from({ length: 10 }, () => tcp("10.0.2.2"));
      const sent: ProbeResult[] = [];
      await held("client", "tcp port 80", async () => sent.push(...(await runProbes(many, (ns) => net.netns(ns)))));
      expect(sent.map(({ outcome }) => outcome)).toEqual(many.map(() => "open"));
      expect(enterNetns(net.netns("client"), () => execFileSync("nft", ["list", "tables"], { encoding: "utf8" }))).toBe(
        "",
      );
    });
  });

  it("shows where a DROP has taken it, and where the answer was lost", async () => {
    net.iptables("router", "-A", "FORWARD", "-i", "left", "-p", "tcp", "--dport", "80", "-j", "DROP");
    net.iptables("router", "-A", "FORWARD", "-i", "right", "-p", "udp", "--sport", "53", "-j", "DROP");
    expect(describeLastSeen(await trace(tcp("10.0.2.2")))).toBe(
      "entering router on left; nothing left router after that",
    );
    expect(describeLastSeen(await trace(udp("10.0.2.2")))).toBe(
      "the packet arrived, but its reply from server got lost: entering router on right; nothing left router after that",
    );
  });

  it("lists ICMP errors with their sender", async () => {
    net.iptables(
      "router",
      "-A",
      "FORWARD",
      "-p",
      "tcp",
      "--dport",
      "80",
      "-j",
      "REJECT",
      "--reject-with",
      "icmp-host-prohibited",
    );
    const result = await trace(tcp("10.0.2.2"));
    expect(result.icmpErrors).toEqual([
      { ns: "router", iface: "left", from: "10.0.1.1", to: "10.0.1.2", says: "Destination Host Prohibited" },
    ]);
    net.ip("router", "link set right mtu 1400");
    for (let i = 0; i < 2; i++) {
      // the second time the sender knows the path MTU, and must send all the same
      const big = await trace(ping("10.0.2.2", { size: 1400, df: true }));
      expect(big.probe.outcome).toBe("toobig");
      expect(big.icmpErrors).toMatchObject([{ ns: "router", from: "10.0.1.1", says: "Frag needed, mtu 1400" }]);
      expect(way(big)).toBe("client/eth0> >router/left");
    }
  });

  it("shows where the request of a standing connection was lost", async () => {
    net.iptables("router", "-A", "FORWARD", "-p", "tcp", "--dport", "80", "--tcp-flags", "PSH", "PSH", "-j", "DROP");
    const result = await trace({
      kind: "http",
      ns: "client",
      to: "10.0.2.2",
      port: 80,
      timeout: 300,
      method: "GET",
      path: "/",
      headers: {},
    });
    expect(result.probe.outcome).toBe("timeout");
    expect(way(result)).toBe("client/eth0> >router/left");
    expect(result.sightings[0]?.packet).toMatch(/TCP PSH ACK \d+ bytes$/);
  });
});

/** client <-> node1 <-(VXLAN vni 7)-> node2 <-> server */
describe.each([8472, 7777])("through VXLAN on UDP port %i", (port) => {
  beforeEach(async () => {
    net = new ProbeNet("client", "node1", "node2", "server");
    net.ip(
      "node1",
      "link add eth0 type veth peer name eth0 netns @node2",
      "link set eth0 up",
      "addr add 192.168.0.1/24 dev eth0",
    );
    net.ip("node2", "link set eth0 up", "addr add 192.168.0.2/24 dev eth0");
    [
      ["node1", "client", 1],
      ["node2", "server", 2],
    ].forEach(([node, pod, i]) => {
      const [name, other] = [String(node), 3 - Number(i)];
      net.ip(name, `link add vxlan7 type vxlan id 7 dstport ${port} local 192.168.0.${i} remote 192.168.0.${other} dev eth0`,
        `addr add 10.1.0.${i}/24 dev vxlan7`, "link set vxlan7 up", `link add veth0 type veth peer name eth0 netns @${pod}`,
        `addr add 10.244.${i}.1/24 dev veth0`, "link set veth0 up", `route add 10.244.${other}.0/24 via 10.1.0.${other}`); // prettier-ignore
      net.sysctl(name, "net.ipv4.ip_forward=1");
      net.ip(
        String(pod),
        `addr add 10.244.${i}.2/24 dev eth0`,
        "link set eth0 up",
        `route add default via 10.244.${i}.1`,
      );
    });
    net.serve("server", 80);
    await net.ready("client", "10.244.2.2");
  });

  it("sees it inside and outside of the tunnel", async () => {
    const result = await trace(tcp("10.244.2.2"));
    expect(way(result)).toBe(
      "client/eth0> >node1/veth0 node1/vxlan7> node1/eth0*> >node2/eth0* >node2/vxlan7 node2/veth0> >server/eth0",
    );
    expect(way(result, false)).toBe(
      "server/eth0> >node2/veth0 node2/vxlan7> node2/eth0*> >node1/eth0* >node1/vxlan7 node1/veth0> >client/eth0",
    );
    expect(result.sightings[3]?.packet).toMatch(
      /^10\.244\.1\.2:\d+ > 10\.244\.2\.2:80 TCP SYN in VXLAN vni 7 192\.168\.0\.1 > 192\.168\.0\.2$/,
    );
  });

  it("distinguishes a loss at the tunnel's end from one on the wire", async () => {
    net.iptables("node2", "-A", "INPUT", "-p", "udp", "--dport", String(port), "-j", "DROP");
    expect(describeLastSeen(await trace(tcp("10.244.2.2")))).toMatch(
      /^entering node2 on eth0 \(inside VXLAN vni 7\); nothing left node2 after that/,
    );
    net.iptables("node1", "-A", "OUTPUT", "-p", "udp", "--dport", String(port), "-j", "DROP");
    expect(describeLastSeen(await trace(tcp("10.244.2.2")))).toBe(
      "left node1 on vxlan7, never arrived at any device after that",
    );
  });
});
