import { afterEach, describe, expect, it } from "vitest";
import { listenForDenials } from "../../src/services/probe/denials.ts";
import { runProbes } from "../../src/services/probe/run-probes.ts";
import type { Probe, ProbeResult } from "../../src/services/probe/protocol.ts";
import { routed } from "./probe-net.ts";
import type { ProbeNet } from "./probe-net.ts";

let net: ProbeNet;
afterEach(() => net.remove());

const WORDS = "ingress x/server by x/deny";

/** client <-> router <-> server: the router logs and drops port 81; the client has one source port for everything. */
async function deniedOnRouter(): Promise<void> {
  net = routed();
  for (const port of [80, 81]) net.serve("server", port);
  await net.ready("client", "10.0.2.2", "fd00:2::2");
  net.sysctl("client", "net.ipv4.ip_local_port_range=40000 40000");
  for (const tool of ["iptables", "ip6tables"]) {
    const rule = ["-A", "FORWARD", "-p", "tcp", "--dport", "81", "-j"];
    net.run("router", tool, ...rule, "NFLOG", "--nflog-group", "100", "--nflog-prefix", WORDS);
    net.run("router", tool, ...rule, "DROP");
  }
}

const tcp = (to: string, port: number): Probe => ({ kind: "tcp", ns: "client", to, port, timeout: 1500 });
const ask = (...probes: Probe[]): Promise<ProbeResult[]> =>
  listenForDenials([net.netns("router")], () => runProbes(probes, net.netns));
const short = ({ outcome, denied }: ProbeResult): string => `${outcome} ${denied ?? ""}`.trim();

describe("denials of flows that share a source port", () => {
  it.each(["10.0.2.2", "fd00:2::2"])("belong to the flow with the same destination: %s", async (to) => {
    await deniedOnRouter();
    const results = await ask(tcp(to, 80), tcp(to, 81), tcp(to, 82));
    expect(results.map(short)).toEqual(["open", `timeout ${WORDS}`, "refused"]);
    expect(results[1]?.ms).toBeLessThan(1000);
  });

  it("say nothing about an open flow when another node has translated the denied one", async () => {
    await deniedOnRouter();
    // What the router logs has neither end of the probe to 10.96.0.1: the client's own rules translate it.
    net.iptables("client", "-t", "nat", "-A", "OUTPUT", "-d", "10.96.0.1", "-p", "tcp", "--dport", "810", "-j", "DNAT", "--to", "10.0.2.2:81"); // prettier-ignore
    expect((await ask(tcp("10.96.0.1", 810))).map(short)).toEqual([`timeout ${WORDS}`]);
    const both = await ask(tcp("10.96.0.1", 810), tcp("10.0.2.2", 80));
    expect(both.map(({ outcome }) => outcome)).toEqual(["timeout", "open"]);
    expect(both[1]?.denied).toBeUndefined();
  });
});
