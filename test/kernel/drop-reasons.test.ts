/** A lost packet has the kernel's own word for why; and another packet's is never taken for it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Probe } from "../../src/services/probe/protocol.ts";
import { traceProbe } from "../../src/services/trace/trace-probe.ts";
import { dropReason } from "../../src/story/drop-reason.ts";
import { routed, type ProbeNet } from "./probe-net.ts";

let net: ProbeNet;
afterEach(() => net.remove());

const SERVER = "10.0.2.2";
const tcp: Probe = { kind: "tcp", ns: "client", to: SERVER, port: 80, timeout: 200 };
const ping: Probe = { kind: "ping", ns: "client", to: SERVER, timeout: 200, count: 1, df: false };

async function reasonOf(probe: Probe): Promise<string | undefined> {
  const result = await traceProbe(probe, net.all, { rules: [] });
  expect(result.noDrops).toBeUndefined();
  return dropReason(result);
}

describe("behind a router: client <-> router <-> server", () => {
  beforeEach(async () => {
    net = routed();
    net.serve("server", 80);
    await net.ready("client", SERVER);
  });

  it.each<readonly [string, Probe, string | undefined, () => void]>([
    ["arrives", tcp, undefined, () => undefined],
    ["is taken by a rule", tcp, "NETFILTER_DROP on router", () => net.run("router", "iptables", "-A", "FORWARD", "-p", "tcp", "-j", "DROP")],
    ["came from where its sender is not", tcp, "IP_RPFILTER on router", () => {
      net.ip("router", "route add 10.0.1.2/32 dev right");
      net.sysctl("router", "net.ipv4.conf.all.rp_filter=1");
    }],
    ["has no route", tcp, "IP_INNOROUTES on router", () => net.ip("router", "route del 10.0.2.0/24")],
    ["finds a closed port", { ...tcp, port: 81 }, "NO_SOCKET on server", () => undefined],
    ["is too big", { ...ping, df: true, size: 1400 }, "PKT_TOO_BIG on router", () => net.ip("router", "link set right mtu 1000")],
    ["has come too far", ping, "IP_INHDR on router", () => net.sysctl("client", "net.ipv4.ip_default_ttl=1")],
    ["has an answer that is lost", tcp, "NETFILTER_DROP on client", () => net.run("client", "iptables", "-A", "INPUT", "-p", "tcp", "-j", "DROP")],
  ])("one that %s", async (_name, probe, reason, prepare) => {
    prepare();
    expect(await reasonOf(probe)).toBe(reason);
  }); // prettier-ignore

  it("says nothing where others are dropped for another reason", async () => {
    net.run("router", "iptables", "-A", "FORWARD", "-p", "tcp", "--dport", "80", "-j", "DROP");
    const [reason, ...others] = await Promise.all([
      reasonOf(tcp),
      ...Array.from({ length: 5 }, () => reasonOf({ ...tcp, port: 81 })),
    ]);
    expect(reason).toBe("NETFILTER_DROP on router");
    expect(others).toEqual(others.map(() => "NO_SOCKET on server"));
  });
});
