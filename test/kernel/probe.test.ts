import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { createServer } from "node:net";
import type { Server, Socket as Connection } from "node:net";
import packet from "dns-packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Probe, ProbeResult } from "../../src/services/probe/protocol.ts";
import { runProbes } from "../../src/services/probe/run-probes.ts";
import { openListener } from "../../src/services/serve/listen.ts";
import type { ProbeNet } from "./probe-net.ts";
import { routed } from "./probe-net.ts";

let net: ProbeNet;
const closers: (() => void)[] = [];

/** A TCP server of somebody else's, in the server's namespace. */
function tcpServer(port: number, onConnection: (c: Connection) => void): void {
  const server: Server = createServer((connection) => {
    connection.on("error", () => {});
    onConnection(connection);
  });
  server.listen({ fd: openListener(net.netns("server"), "tcp", port) });
  closers.push(() => server.close());
}

function udpServer(port: number, onMessage: (message: Buffer, reply: (answer: Buffer | string) => void) => void): void {
  const socket: Socket = createSocket("udp6");
  socket.on("message", (message, peer) => onMessage(message, (answer) => socket.send(answer, peer.port, peer.address)));
  socket.bind({ fd: openListener(net.netns("server"), "udp", port) });
  closers.push(() => socket.close());
}

const ZONE: Record<string, { type: "A" | "AAAA"; data: string }[]> = {
  "web.default.svc.cluster.local": [{ type: "A", data: "10.0.2.2" }, { type: "AAAA", data: "fd00:2::2" }],
  "six.default.svc.cluster.local": [{ type: "AAAA", data: "fd00:2::2" }],
  "example.com": [{ type: "A", data: "10.0.2.2" }],
}; // prettier-ignore
const asked: string[] = [];
const resolvConf = "search default.svc.cluster.local svc.cluster.local\nnameserver 10.0.2.53\noptions ndots:5\n";

function answerDns(message: Buffer): Buffer {
  const query = packet.decode(message);
  const question = query.questions?.[0];
  const name = question?.name.toLowerCase() ?? "";
  asked.push(`${name} ${question?.type}`);
  const records = ZONE[name];
  return packet.encode({
    type: "response",
    id: query.id ?? 0,
    flags: records === undefined ? 3 : 0,
    questions: query.questions ?? [],
    answers: (records ?? []).filter((r) => r.type === question?.type).map((r) => ({ ...r, name, ttl: 5 })),
  });
}

beforeAll(async () => {
  net = routed();
  await net.ready("client", "10.0.2.2", "fd00:2::2");
  net.serve("server", 80, "tcp", "web-0");
  net.serve("server", 53, "udp", "web-0");
  for (const port of [1001, 1002, 1003, 1004]) net.serve("server", port);
  for (const port of [2001, 2002]) net.serve("server", port, "udp");
  net.iptables("router", "-A", "FORWARD", "-p", "tcp", "--dport", "1001", "-j", "DROP");
  net.iptables("router", "-A", "FORWARD", "-p", "tcp", "--dport", "1002", "-j", "REJECT");
  net.iptables(
    "router",
    "-A",
    "FORWARD",
    "-p",
    "tcp",
    "--dport",
    "1003",
    "--tcp-flags",
    "PSH",
    "PSH",
    "-j",
    "REJECT",
    "--reject-with",
    "tcp-reset",
  );
  net.iptables(
    "router",
    "-A",
    "FORWARD",
    "-p",
    "tcp",
    "--dport",
    "1004",
    "-j",
    "REJECT",
    "--reject-with",
    "icmp-host-prohibited",
  );
  net.iptables("router", "-A", "FORWARD", "-p", "udp", "--dport", "2001", "-j", "DROP");
  net.iptables("router", "-A", "FORWARD", "-p", "udp", "--dport", "2002", "-j", "REJECT");
  // The kernel limits ICMP errors per receiver: those of iptables as net.ipv4.icmp_ratemask says, those of routes (5 and then one a second)
  // in a fixed way (ip_error(), net/ipv4/route.c). Hence few of the latter here.
  net.sysctl("router", "net.ipv4.icmp_ratemask=0");
  net.iptables(
    "router",
    "-A",
    "FORWARD",
    "-p",
    "udp",
    "--dport",
    "2003",
    "-j",
    "REJECT",
    "--reject-with",
    "icmp-host-unreachable",
  );
  net.iptables(
    "router",
    "-A",
    "FORWARD",
    "-p",
    "udp",
    "--dport",
    "2004",
    "-j",
    "REJECT",
    "--reject-with",
    "icmp-net-unreachable",
  );
  net.ip("router", "route add unreachable 10.0.3.0/24", "route add blackhole 10.0.4.0/24");
  net.ip(
    "client",
    "route add unreachable 10.7.0.0/24",
    "route add blackhole 10.8.0.0/24",
    "route add prohibit 10.9.0.0/24",
  );
});
beforeAll(() => {
  udpServer(5300, (message, reply) => reply(answerDns(message)));
  tcpServer(5300, (c) =>
    c.once("data", (data) => {
      const answer = answerDns(data.subarray(2));
      c.end(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]));
    }),
  );
  // the resolver asks port 53, where the built-in server is: let the kernel bend it
  net.iptables(
    "server",
    "-t",
    "nat",
    "-A",
    "PREROUTING",
    "-p",
    "udp",
    "-d",
    "10.0.2.53",
    "--dport",
    "53",
    "-j",
    "REDIRECT",
    "--to-ports",
    "5300",
  );
  net.ip("server", "addr add 10.0.2.53/24 dev eth0");
});
afterAll(() => {
  for (const close of closers) close();
  net.remove();
});

/** In ms: for probes that get an answer, however busy the machine is, and for those that get none. */
const PATIENT = 20_000;
const SHORT = 400;
const timeoutFor = (expected: { outcome: string }): number => (expected.outcome === "timeout" ? SHORT : PATIENT);
const tcp = (to: string, port: number, more: Partial<Probe> = {}): Probe =>
  ({ kind: "tcp", ns: "client", to, port, timeout: PATIENT, ...more }) as Probe;
const udp = (to: string, port: number, timeout = PATIENT): Probe => ({ kind: "udp", ns: "client", to, port, timeout });
const http = (to: string, path: string, headers: Record<string, string> = {}, method = "GET"): Probe => ({
  kind: "http", ns: "client", to, port: 80, timeout: PATIENT, method, path, headers,
}); // prettier-ignore
async function probe(one: Probe, files: { hosts?: string; resolvConf?: string } = {}): Promise<ProbeResult> {
  for (;;) {
    asked.length = 0;
    const [result] = await runProbes([one], net.netns, {
      hosts: () => files.hosts,
      resolvConf: () => files.resolvConf,
    });
    if (result === undefined) throw new Error("no result");
    // A server that takes more than 300 ms to say its name, on a busy machine, is open without a name.
    if (one.kind !== "tcp" || result.outcome !== "open" || result.hostname !== undefined) return result;
  }
}

describe("tcp", () => {
  it.each([
    ["open", "10.0.2.2", 80, { outcome: "open", hostname: "web-0", sourceIP: "10.0.1.2" }],
    ["open by IPv6", "fd00:2::2", 80, { outcome: "open", hostname: "web-0", sourceIP: "fd00:1::2" }],
    ["closed port", "10.0.2.2", 81, { outcome: "refused", error: "ECONNREFUSED" }],
    ["DROP", "10.0.2.2", 1001, { outcome: "timeout" }],
    ["REJECT", "10.0.2.2", 1002, { outcome: "refused", error: "ECONNREFUSED" }],
    ["REJECT of data with tcp-reset", "10.0.2.2", 1003, { outcome: "reset", error: "ECONNRESET" }],
    ["REJECT with host prohibited", "10.0.2.2", 1004, { outcome: "unreachable", error: "EHOSTUNREACH" }],
    ["router says host unreachable", "10.0.3.1", 80, { outcome: "unreachable", error: "EHOSTUNREACH" }],
    ["router has no route", "192.0.2.1", 80, { outcome: "unreachable", error: "ENETUNREACH" }],
    ["router has a blackhole", "10.0.4.1", 80, { outcome: "timeout" }],
    ["own unreachable route", "10.7.0.1", 80, { outcome: "unreachable", error: "EHOSTUNREACH" }],
    ["own blackhole route", "10.8.0.1", 80, { outcome: "unreachable", error: "EINVAL" }],
    ["own prohibit route", "10.9.0.1", 80, { outcome: "unreachable", error: "EACCES" }],
  ])("%s", async (_name, to, port, expected) => {
    expect(await probe(tcp(to, port, { timeout: timeoutFor(expected) }))).toMatchObject(expected);
  });

  it("unreachable without a route of its own", async () => {
    net.ip("client", "route del default");
    try {
      expect(await probe(tcp("10.0.2.2", 80))).toMatchObject({ outcome: "unreachable", error: "ENETUNREACH" });
    } finally {
      net.ip("client", "route add default via 10.0.1.1");
    }
  });

  it("counts any server that completes the handshake as open, without a hostname", async () => {
    tcpServer(3001, () => {}); // says nothing
    tcpServer(3002, (c) => c.end("220 mail.example.com ESMTP\r\n"));
    tcpServer(3003, (c) => c.on("data", () => c.end("HTTP/1.0 200 OK\r\n\r\nhi")));
    tcpServer(3004, (c) => c.on("data", () => c.resetAndDestroy()));
    const results = await runProbes(
      [3001, 3002, 3003, 3004].map((port) => tcp("10.0.2.2", port)),
      net.netns,
    );
    expect(results.map((r) => r.outcome)).toEqual(["open", "open", "open", "reset"]);
    expect(results.every((r) => r.hostname === undefined && r.ms < PATIENT)).toBe(true);
  });

  it("runs hundreds of dropped probes side by side, each with its own timeout, the answered ones undisturbed", async () => {
    const probes = Array.from({ length: 600 }, (_, i) =>
      i % 2 === 0 ? tcp("10.0.2.2", 1001, { timeout: i % 4 === 0 ? 200 : 500 }) : tcp("10.0.2.2", 80),
    );
    const start = performance.now();
    let progress = 0;
    const results = await runProbes(probes, net.netns, { onProgress: (n) => (progress = n) });
    // One after the other they would take 105 s of waiting alone.
    expect(performance.now() - start).toBeLessThan(50_000);
    expect(progress).toBe(600);
    results.forEach((r, i) => {
      expect(r.outcome).toBe(i % 2 === 0 ? "timeout" : "open");
      if (i % 2 === 0) expect(r.ms).toBeGreaterThan(i % 4 === 0 ? 195 : 495);
    });
    // A busy machine is late for all of them alike; the shorter limit still ends first.
    const latest = (timeout: number): number =>
      Math.max(...results.filter((_, i) => i % 2 === 0 && (i % 4 === 0 ? 200 : 500) === timeout).map(({ ms }) => ms));
    expect(latest(200)).toBeLessThan(latest(500));
  });

  it("keeps to the concurrency it is given", async () => {
    const probes = Array.from({ length: 6 }, () => tcp("10.0.2.2", 1001, { timeout: 100 }));
    const start = performance.now();
    await runProbes(probes, net.netns, { concurrency: 2 });
    expect(performance.now() - start).toBeGreaterThan(295);
  });
});

describe("udp", () => {
  it.each([
    ["open", "10.0.2.2", 53, { outcome: "open", hostname: "web-0", sourceIP: "10.0.1.2" }],
    ["open by IPv6", "fd00:2::2", 53, { outcome: "open", hostname: "web-0", sourceIP: "fd00:1::2" }],
    ["closed port", "10.0.2.2", 54, { outcome: "refused", error: "ECONNREFUSED" }],
    ["DROP", "10.0.2.2", 2001, { outcome: "timeout" }],
    ["REJECT", "10.0.2.2", 2002, { outcome: "refused" }],
    ["router says host unreachable", "10.0.2.2", 2003, { outcome: "unreachable", error: "EHOSTUNREACH" }],
    ["router says net unreachable", "10.0.2.2", 2004, { outcome: "unreachable", error: "ENETUNREACH" }],
  ])("%s", async (_name, to, port, expected) => {
    expect(await probe(udp(to, port, timeoutFor(expected)))).toMatchObject(expected);
  });

  it("takes an echo as an answer, but not the echo of another probe", async () => {
    udpServer(3001, (message, reply) => reply(message));
    udpServer(3002, (_message, reply) => reply("k8snet-probe 0123456789abcdef-0\n"));
    const results = await runProbes([udp("10.0.2.2", 3001), udp("10.0.2.2", 3002, SHORT)], net.netns);
    expect(results.map((r) => r.outcome)).toEqual(["open", "timeout"]);
  });
});

describe("http", () => {
  it("brings status, headers, body, and who answered whom", async () => {
    const result = await probe(http("10.0.2.2", "/echo?msg=a b&code=418"));
    expect(result).toMatchObject({
      outcome: "open",
      hostname: "web-0",
      sourceIP: "10.0.1.2",
      http: { status: 418, body: "a b" },
    });
    expect((await probe(http("fd00:2::2", "/header?key=Host"))).http?.body).toBe("[fd00:2::2]");
    expect((await probe(http("10.0.2.2", "/header?key=x-a", { "X-A": "1\r\nX-B: 2" }))).http?.body).toBe("1  X-B: 2");
    expect((await probe(http("10.0.2.2", "/", {}, "HEAD"))).http).toMatchObject({ status: 200, body: "" });
  });

  it("reads chunked, closed and cut off answers of other servers", async () => {
    const answer = (port: number, text: string): void => tcpServer(port, (c) => c.once("data", () => c.end(text)));
    answer(4001, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
    answer(4002, "HTTP/1.0 200 OK\r\n\r\nuntil the end");
    answer(4003, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    answer(4004, "SSH-2.0-OpenSSH\r\n");
    tcpServer(4005, () => {});
    const results = await runProbes(
      [4001, 4002, 4003, 4004, 4005].map(
        (port) => ({ ...http("10.0.2.2", "/"), port, timeout: port === 4005 ? SHORT : PATIENT }) as Probe,
      ),
      net.netns,
    );
    expect(results.map((r) => r.http?.body)).toEqual(["abcde", "until the end", undefined, undefined, undefined]);
    expect(results.map((r) => r.outcome)).toEqual(["open", "open", "open", "open", "timeout"]);
    expect(results[2]?.error).toMatch(/closed within/);
    expect(results[3]?.error).toMatch(/not HTTP/);
  });
});

describe("names and dns", () => {
  it.each(["udp", "tcp"] as const)("asks over %s and reports rcode and answers", async (protocol) => {
    const ask = (query: string, type: string): Promise<ProbeResult> =>
      probe({ kind: "dns", ns: "client", to: "10.0.2.2", port: 5300, timeout: PATIENT, protocol, query, type });
    expect(await ask("example.com", "A")).toMatchObject({
      outcome: "open",
      dns: { rcode: "NOERROR", answers: ["10.0.2.2"], truncated: false },
    });
    expect(await ask("WEB.default.svc.cluster.local.", "AAAA")).toMatchObject({
      dns: { rcode: "NOERROR", answers: ["fd00:2::2"] },
    });
    expect(await ask("nobody.example", "A")).toMatchObject({
      outcome: "open",
      dns: { rcode: "NXDOMAIN", answers: [] },
    });
    expect(await ask("a..b", "A")).toMatchObject({ outcome: "noname" });
  });

  it("distinguishes a dns server that refuses from one that is silent", async () => {
    const ask = (port: number, timeout: number): Probe => ({
      kind: "dns",
      ns: "client",
      to: "10.0.2.2",
      port,
      timeout,
      protocol: "udp",
      query: "x",
      type: "A",
    });
    const results = await runProbes([ask(5399, PATIENT), ask(2001, SHORT)], net.netns);
    expect(results.map((r) => r.outcome)).toEqual(["refused", "timeout"]);
  });

  it("resolves inside the namespace, by hosts file, search list and ndots", async () => {
    expect(await probe(tcp("web", 80), { resolvConf })).toMatchObject({
      outcome: "open",
      address: "10.0.2.2",
      hostname: "web-0",
    });
    expect([...asked].sort()).toEqual(["web.default.svc.cluster.local A", "web.default.svc.cluster.local AAAA"]);
    expect(await probe(tcp("web", 80, { family: "ipv6" }), { resolvConf })).toMatchObject({
      outcome: "open",
      address: "fd00:2::2",
    });
    expect(await probe(tcp("six", 80), { resolvConf })).toMatchObject({ outcome: "open", address: "fd00:2::2" });
    expect(await probe(tcp("example.com", 80), { resolvConf })).toMatchObject({ outcome: "open", address: "10.0.2.2" });
    expect(asked.filter((q) => q.endsWith(" A"))).toEqual([
      "example.com.default.svc.cluster.local A",
      "example.com.svc.cluster.local A",
      "example.com A",
    ]);
    expect(await probe(http("pet", "/"), { hosts: "10.0.2.2 pet.x pet # a pet\n" })).toMatchObject({
      outcome: "open",
      address: "10.0.2.2",
    });
  });

  it("distinguishes noname from a nameserver that does not answer", async () => {
    expect(await probe(tcp("nobody", 80), { resolvConf })).toMatchObject({ outcome: "noname", error: "NXDOMAIN" });
    expect(await probe(tcp("nobody", 80))).toMatchObject({ outcome: "noname" });
    expect(await probe(tcp("web", 80, { timeout: SHORT }), { resolvConf: "nameserver 10.0.4.1\n" })).toMatchObject({
      outcome: "timeout",
      error: expect.stringContaining("10.0.4.1") as string,
    });
    expect(
      await probe({ kind: "ping", ns: "client", to: "nobody", timeout: PATIENT, count: 1, df: false }, { resolvConf }),
    ).toMatchObject({ outcome: "noname" });
  });
});

describe("a process that gets no processor for longer than its probes wait", () => {
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const TIMEOUT = 100;

  it.each([0, 1, 2, 3, 4, 6, 8])(
    "takes the answers that have arrived meanwhile, asleep after %i turns",
    async (turns) => {
      const probes: Probe[] = [
        {
          kind: "http",
          ns: "client",
          to: "10.0.2.2",
          port: 80,
          timeout: TIMEOUT,
          method: "GET",
          path: "/",
          headers: {},
        },
        { kind: "http", ns: "client", to: "web", port: 80, timeout: TIMEOUT, method: "GET", path: "/", headers: {} },
        { kind: "udp", ns: "client", to: "10.0.2.2", port: 53, timeout: TIMEOUT },
        { kind: "tcp", ns: "client", to: "10.0.2.2", port: 1001, timeout: TIMEOUT },
      ];
      const running = runProbes(probes, net.netns, { resolvConf: () => resolvConf });
      for (let i = 0; i < turns; i++) await turn();
      Atomics.wait(asleep, 0, 0, 3 * TIMEOUT);
      expect((await running).map(({ outcome }) => outcome)).toEqual(["open", "open", "open", "timeout"]);
    },
  );
});

describe("ping", () => {
  const ping = (to: string, more: Partial<Probe> = {}): Promise<ProbeResult> =>
    probe({ kind: "ping", ns: "client", to, timeout: PATIENT, count: 1, df: false, ...more } as Probe);

  it.each(["10.0.2.2", "fd00:2::2"])("open at %s with ttl and loss", async (to) => {
    expect(await ping(to, { count: 3 })).toMatchObject({
      outcome: "open",
      ping: { sent: 3, received: 3, ttl: 63, rttMs: expect.any(Number) as number },
    });
  });

  it("reports a path MTU and the router that sent it", async () => {
    net.ip("router", "link set right mtu 1400");
    expect(await ping("10.0.2.2", { size: 1400, df: true })).toMatchObject({
      outcome: "toobig",
      ping: { mtu: 1400, from: "10.0.1.1" },
    });
    expect(await ping("10.0.2.2", { size: 1372, df: true })).toMatchObject({ outcome: "open" });
    expect(await ping("fd00:2::2", { size: 1400, df: true })).toMatchObject({ outcome: "toobig", ping: { mtu: 1400 } });
    net.ip("router", "link set right mtu 1500");
  });

  it.each([
    [
      "router says host unreachable",
      "10.0.3.1",
      { outcome: "unreachable", ping: { from: "10.0.1.1", message: "Destination Host Unreachable" } },
    ],
    [
      "router has no route",
      "192.0.2.1",
      { outcome: "unreachable", ping: { from: "10.0.1.1", message: "Destination Net Unreachable" } },
    ],
    ["router has a blackhole", "10.0.4.1", { outcome: "timeout", ping: { sent: 1, received: 0 } }],
    ["own prohibit route", "10.9.0.1", { outcome: "unreachable" }],
  ])("%s", async (_name, to, expected) => {
    const result = await ping(to, { timeout: timeoutFor(expected) });
    expect(result).toMatchObject(expected);
    if (expected.outcome !== "timeout") expect(result.ms).toBeLessThan(PATIENT);
  });
});
