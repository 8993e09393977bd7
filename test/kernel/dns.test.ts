/** DNS servers on real sockets: client 10.0.1.2 <-> router <-> server 10.0.2.2, the router serving the upstream. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DnsServer } from "../../src/services/dns/server.ts";
import { runProbes } from "../../src/services/probe/run-probes.ts";
import type { Probe, ProbeResult } from "../../src/services/probe/protocol.ts";
import { SyscallError } from "../../src/kernel/libc.ts";
import type { DnsServerSpec, KubernetesZone } from "../../src/resources/dns/zone.ts";
import type { ProbeNet } from "./probe-net.ts";
import { routed } from "./probe-net.ts";

const SERVER = "10.0.2.2";
const SERVER6 = "fd00:2::2";
const UPSTREAM = "10.0.2.1";

/** Headless Service `many` with so many endpoints, ExternalName `out`. */
function spec(endpoints: number, forward: readonly string[] = [UPSTREAM]): DnsServerSpec {
  const zone: KubernetesZone = {
    kind: "kubernetes", domains: ["cluster.local", "in-addr.arpa", "ip6.arpa"], fallthrough: ["in-addr.arpa", "ip6.arpa"], ttl: 30,
    pods: "insecure", namespaces: ["default"], podAddresses: [], own: [SERVER],
    services: [
      { namespace: "default", name: "web", clusterIPs: [SERVER, SERVER6], ports: [{ name: "http", protocol: "TCP", port: 80 }] },
      { namespace: "default", name: "many", clusterIPs: [], ports: [] },
      { namespace: "default", name: "out", clusterIPs: [], ports: [], externalName: "www.example.com" },
    ],
    endpoints: [{ namespace: "default", service: "many", ports: [], addresses: Array.from({ length: endpoints }, (_, i) => ({ ip: `10.244.0.${i + 2}` })) }],
  }; // prettier-ignore
  return { port: 53, zones: [zone], forward };
}

const world: DnsServerSpec = {
  port: 53,
  forward: [],
  zones: [{ kind: "records", domain: ".", ttl: 300, records: [{ name: "www.example.com", type: "A", data: SERVER }] }],
};

let net: ProbeNet;
let server: DnsServer;
let upstream: DnsServer;
beforeAll(async () => {
  net = routed();
  await net.ready("client", SERVER, SERVER6);
  server = new DnsServer(spec(60), net.netns("server"));
  upstream = new DnsServer(world, net.netns("router"));
  net.serve("server", 80, "tcp", "web-0");
});
afterAll(() => {
  server.stop();
  upstream.stop();
  net.remove();
});

const resolvConf = `search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver ${SERVER}\noptions ndots:5 timeout:1 attempts:1\n`;

async function probe(one: Probe): Promise<ProbeResult> {
  const [result] = await runProbes([one], net.netns, { resolvConf: () => resolvConf });
  if (result === undefined) throw new Error("no result");
  return result;
}

function ask(query: string, type = "A", to = SERVER, protocol: "udp" | "tcp" = "udp"): Promise<ProbeResult> {
  return probe({ kind: "dns", ns: "client", to, port: 53, query, type, protocol, timeout: 4000 });
}

async function inClient(...argv: string[]): Promise<string> {
  const child = spawn("ip", ["netns", "exec", net.host("client"), ...argv], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (s: string) => (out += s));
  await once(child, "close");
  return out;
}

describe("DNS server", () => {
  it.each([
    ["udp", SERVER],
    ["udp", SERVER6],
    ["tcp", SERVER],
    ["tcp", SERVER6],
  ] as const)("answers over %s at %s", async (protocol, to) => {
    const result = await ask("web.default.svc.cluster.local", "A", to, protocol);
    expect(result).toMatchObject({ outcome: "open", dns: { rcode: "NOERROR", answers: [SERVER], truncated: false } });
  });

  it("answers from the address that was asked", async () => {
    net.ip("server", "addr add 10.0.2.9/24 dev eth0");
    expect(await ask("web.default.svc.cluster.local", "AAAA", "10.0.2.9")).toMatchObject({
      dns: { answers: [SERVER6] },
    });
  });

  it("cuts what is too long for UDP; TCP has it all", async () => {
    const cut = await ask("many.default.svc.cluster.local");
    expect(cut.dns?.truncated).toBe(true);
    expect(cut.dns?.answers.length).toBeLessThan(60);
    const whole = await ask("many.default.svc.cluster.local", "A", SERVER, "tcp");
    expect(whole.dns?.truncated).toBe(false);
    expect(whole.dns?.answers).toHaveLength(60);
  });

  it("answers several questions on one TCP connection, each with its length in front", async () => {
    const questions = `const p = require("dns-packet"); const s = require("net").connect(53, "${SERVER}"); let all = Buffer.alloc(0);
      const one = (id) => p.streamEncode({ type: "query", id, questions: [{ type: "A", name: "web.default.svc.cluster.local" }] });
      const bytes = Buffer.concat([one(1), one(2)]);
      s.write(bytes.subarray(0, 20)); setTimeout(() => s.write(bytes.subarray(20)), 20);
      s.on("data", (d) => { all = Buffer.concat([all, d]); const size = all.readUInt16BE(0) + 2;
        if (all.length === 2 * size) { console.log(p.streamDecode(all).id, p.streamDecode(all.subarray(size)).id); s.end(); } });`;
    expect(await inClient(process.execPath, "-e", questions)).toBe("1 2\n");
  });

  it("asks its upstream over UDP and TCP, and where aliases lead", async () => {
    for (const protocol of ["udp", "tcp"] as const)
      expect(await ask("www.example.com", "A", SERVER, protocol)).toMatchObject({
        dns: { rcode: "NOERROR", answers: [SERVER] },
      });
    expect(await ask("nobody.example.com")).toMatchObject({ dns: { rcode: "NXDOMAIN" } });
    expect(await ask("out.default.svc.cluster.local")).toMatchObject({ dns: { rcode: "NOERROR", answers: [SERVER] } });
  });

  it("fails when no upstream answers, and asks the next one", async () => {
    server.update(spec(60, ["10.0.2.77"]));
    expect(await ask("www.example.com")).toMatchObject({ outcome: "open", dns: { rcode: "SERVFAIL" } });
    server.update(spec(60, ["10.0.1.1", UPSTREAM]));
    upstream.stop();
    expect(await ask("www.example.com")).toMatchObject({ outcome: "open", dns: { rcode: "SERVFAIL" } });
    upstream = new DnsServer(world, net.netns("router"));
    expect(await ask("www.example.com")).toMatchObject({ dns: { rcode: "NOERROR", answers: [SERVER] } });
  });

  it("has other records from the next question on", async () => {
    server.update(spec(1));
    expect(await ask("many.default.svc.cluster.local")).toMatchObject({ dns: { answers: ["10.244.0.2"] } });
    server.update(spec(0));
    expect(await ask("many.default.svc.cluster.local")).toMatchObject({ dns: { rcode: "NXDOMAIN" } });
    server.update(spec(60));
  });

  it("lets programs and probes use short names", async () => {
    const page = {
      kind: "http",
      ns: "client",
      port: 80,
      method: "GET",
      path: "/hostname",
      headers: {},
      timeout: 4000,
    } as const;
    for (const to of ["web", "web.default", "web.default.svc", "out", "www.example.com"])
      expect(await probe({ ...page, to }), to).toMatchObject({ outcome: "open", hostname: "web-0" });
    expect(await probe({ ...page, to: "gone" })).toMatchObject({ outcome: "noname" });
  });

  it("shares its port with no other server, and frees it when it stops", async () => {
    expect(() => new DnsServer(spec(1), net.netns("server"))).toThrow(SyscallError);
    server.stop();
    server = new DnsServer(spec(60), net.netns("server"));
    expect(await ask("web.default.svc.cluster.local")).toMatchObject({ dns: { answers: [SERVER] } });
  });
});
