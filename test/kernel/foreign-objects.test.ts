/** What others add to a lab's namespaces is named, with a command that removes it; what the kernel and the lab make is not. */
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { labFolder, stateParent } from "../../src/agent/state-folder.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { findForeignObjects } from "../../src/plan/foreign-objects.ts";
import { sysctlWants } from "../../src/resources/sysctl/wants.ts";
import type { ForeignObject } from "../../src/resources/foreign-object.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";

const LAB = `strangers-${process.pid}`;
const NODE = `${LAB}.node1`;
const POD = `${LAB}.node1.default.web`;

const resources = (proxy: string, command = "") =>
  planResources(
    loadLabText(
      `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${LAB} }
spec: { cluster: { nodes: [node1, node2], kubeProxy: ${proxy}, podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], networkPolicy: { backend: ${proxy} } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { nodeName: node1, containers: [ { name: c, ports: [ { containerPort: 80, hostPort: 8080 } ]${command} } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { type: NodePort, selector: { app: web }, ports: [ { port: 80 } ] } }
---
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: deny }, spec: { podSelector: { matchLabels: { app: web } }, policyTypes: [Ingress] } }
`,
      "lab.yaml",
    ).lab,
  );

let client: AgentClient | undefined;
let ids: readonly string[] = [];

afterEach(async () => {
  if (client !== undefined) await down(client);
  client = undefined;
  expect(leftovers(LAB, ids)).toEqual([]);
});

async function start(wanted: ReturnType<typeof resources>): Promise<AgentClient> {
  client = await up(getDriver("netns"), LAB, wanted);
  ids = agentIds(LAB);
  return client;
}

async function strangers(agent: AgentClient, wanted: ReturnType<typeof resources>): Promise<readonly ForeignObject[]> {
  return findForeignObjects(wanted, await agent.observe({ sysctls: sysctlWants(wanted, true) }));
}

const run = (netns: string, line: string): Buffer =>
  execFileSync("ip", ["netns", "exec", netns, "bash", "-c", line], { stdio: ["ignore", "pipe", "pipe"] });

const ADDED: readonly [netns: string, command: string, what: string][] = [
  [NODE, "iptables -I FORWARD -s 10.244.0.2 -m comment --comment 'it is \"mine\"' -j DROP", "iptables filter: rule FORWARD -s 10.244.0.2/32"],
  [NODE, "iptables -P FORWARD DROP", "iptables filter: policy DROP of FORWARD"],
  [NODE, "iptables -t mangle -A PREROUTING -j ACCEPT", "iptables mangle: rule PREROUTING -j ACCEPT"],
  [NODE, "iptables -t nat -N MINE", "iptables nat: chain MINE"],
  [NODE, "ip6tables -I OUTPUT -d fd00::9 -j DROP", "ip6tables filter: rule OUTPUT -d fd00::9/128 -j DROP"],
  [NODE, "nft add table inet fw", "nft table inet fw"],
  [NODE, "nft add table ip kube-proxy-of-another", "nft table ip kube-proxy-of-another"],
  [NODE, "ip route add blackhole 10.244.1.2/32", "route blackhole 10.244.1.2/32"],
  [NODE, "ip -6 route add unreachable fd00:9::/64", "route unreachable fd00:9::/64 metric 1024"],
  [NODE, "ip route add default via 192.168.50.12 table 99", "route 0.0.0.0/0 via 192.168.50.12 dev eth0 table 99"],
  [NODE, "ip rule add from 10.244.0.2 lookup 99", "ip rule 32765: from 10.244.0.2/32 lookup 99"],
  [NODE, "ip rule add from 10.244.0.2 prohibit", "ip rule 32765: from 10.244.0.2/32 prohibit"],
  [NODE, "ip rule add iif cni0 goto 32766", "ip rule 32765: iif cni0 goto"],
  [NODE, "ip addr add 10.99.0.1/24 dev eth0", "address 10.99.0.1/24 dev eth0"],
  [NODE, "ip link add br9 type bridge", "device br9 (bridge)"],
  [NODE, "ip neigh add 192.168.50.99 lladdr 02:00:00:00:00:99 dev eth0", "neighbour 192.168.50.99 dev eth0 lladdr 02:00:00:00:00:99"],
  [NODE, "ip neigh add proxy 192.168.50.98 dev eth0", "neighbour proxy 192.168.50.98 dev eth0"],
  [NODE, "bridge fdb append 02:00:00:00:00:77 dev flannel.1 dst 192.168.50.99 self", "forwarding entry 02:00:00:00:00:77 dev flannel.1"],
  [NODE, "tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 5ms", "qdisc tbf dev eth0"],
  [NODE, "tc qdisc add dev eth0 ingress", "qdisc ingress dev eth0"],
  [NODE, "tc qdisc add dev cni0 clsact", "qdisc clsact dev cni0"],
  [NODE, "sysctl -qw net.ipv4.conf.cni0.forwarding=0", "sysctl net.ipv4.conf.cni0.forwarding=0 (instead of 1)"],
  [NODE, "sysctl -qw net/ipv4/conf/flannel.1/rp_filter=1", "sysctl net/ipv4/conf/flannel.1/rp_filter=1 (instead of 0)"],
  [NODE, "sysctl -qw net.ipv4.conf.all.arp_ignore=1", "sysctl net.ipv4.conf.all.arp_ignore=1 (instead of 0)"],
  [NODE, "sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1", "sysctl net.netfilter.nf_conntrack_tcp_be_liberal=1"],
  [POD, "sysctl -qw net.ipv4.icmp_echo_ignore_all=1", "sysctl net.ipv4.icmp_echo_ignore_all=1 (instead of 0)"],
  [POD, "sysctl -qw net.ipv4.conf.eth0.arp_ignore=8", "sysctl net.ipv4.conf.eth0.arp_ignore=8 (instead of 0)"],
  [POD, "iptables -A INPUT -j DROP", "iptables filter: rule INPUT -j DROP"],
  [POD, "ip route add 10.3.0.0/16 via 10.244.0.1", "route 10.3.0.0/16 via 10.244.0.1 dev eth0"],
]; // prettier-ignore

test.each(["iptables", "nftables"])(
  "with rules in %s: all that was added is named and removed by its command, and nothing else is",
  async (proxy) => {
    const wanted = resources(proxy);
    const agent = await start(wanted);
    expect(await strangers(agent, wanted)).toEqual([]);
    for (const [netns, command, what] of ADDED) {
      run(netns, command);
      const found = await strangers(agent, wanted);
      expect(found.map((one) => one.what)).toEqual([expect.stringContaining(what)]);
      const [one] = found;
      expect(one).toMatchObject({ ns: netns === POD ? "default/web" : "node1", unsure: false });
      const { status, stderr } = spawnSync("ip", ["netns", "exec", netns, ...(one?.remove ?? [])], {
        encoding: "utf8",
      });
      expect([command, status, stderr]).toEqual([command, 0, ""]);
      expect(await strangers(agent, wanted)).toEqual([]);
    }
    expect((await differences(agent, LAB, wanted)).operations).toEqual([]);
  },
);

test("where a program of the lab runs, it may have been that; what its routing daemon writes is its own", async () => {
  const wanted = resources("iptables", ", command: [sleep, '600']");
  const agent = await start(wanted);
  run(POD, "ip route add blackhole 10.3.0.0/16; ip route add blackhole 10.4.0.0/16 proto bird");
  expect(await strangers(agent, wanted)).toMatchObject([{ what: "route blackhole 10.3.0.0/16", unsure: true }]);
});

test("a file that was changed differs, and is put back", async () => {
  const wanted = resources("iptables");
  const agent = await start(wanted);
  const path = `${labFolder(stateParent(), LAB)}/files/default/web/@/etc/resolv.conf`;
  writeFileSync(path, "nameserver 9.9.9.9\n");
  const { operations } = await differences(agent, LAB, wanted);
  expect(operations).toMatchObject([
    { id: "update file:default/web:/etc/resolv.conf", reason: "its content was changed" },
  ]);
  await agent.call("apply", { operations, mode: "converge", keep: false });
  expect((await differences(agent, LAB, wanted)).operations).toEqual([]);
});

test("switches of devices and rules of the kernel's own that no lab sets differ when they were changed, and are put back", async () => {
  const wanted = resources("iptables");
  const agent = await start(wanted);
  run(NODE, "ip link set eth0 arp off multicast off; ip rule del lookup main; ip -6 rule del lookup main");
  const port = "$(ls /sys/class/net/cni0/brif | head -1)";
  run(NODE, `bridge link set dev ${port} isolated on flood off; bridge link set dev ${port} neigh_suppress on`);
  const { operations } = await differences(agent, LAB, wanted);
  expect(operations.map(({ reason = "" }) => reason).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    "eth0: arp is off, should be on; eth0: multicast is off, should be on",
    "ip rule 32766: from all lookup main is missing; ip -6 rule 32766: from all lookup main is missing",
    expect.stringMatching(
      /^(\S+): isolated is on, should be off; \1: flood is off, should be on; \1: neigh_suppress is on/,
    ),
  ]);
  await agent.call("apply", { operations, mode: "converge", keep: false });
  expect((await differences(agent, LAB, wanted)).operations).toEqual([]);
});
