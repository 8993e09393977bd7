/**
 * What failed checks say when the lab was broken behind its back: the right cause, and never another one. Each break is made
 * with the field's own tools, and undone by `up` and, where something was added, by hand. The labs are broken side by side.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { labFolder, stateParent } from "../../src/agent/state-folder.ts";
import { runChecks } from "../../src/checks/run-checks.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import type { CheckResult } from "../../src/events.ts";
import { loadLab } from "../../src/load/load-lab.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { netnsName } from "../../src/net/netns-name.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { differences, down, up } from "./agent-lab.ts";
import { kindOf } from "../../src/checks/registry.ts";
import type { PacketStory } from "../../src/story/packet-story.ts";
import { tellStory } from "../../src/story/tell.ts";
import { bridgeLab, cableLab, clusterLab, routedLab } from "./diagnosis-labs.ts";

/** What the sentences can blame. A break may only be blamed on what is named with it. */
const CAUSES = {
  policy: /NetworkPolic/,
  mac: /\btakes \S+ for \S+ on|: mac is/,
  "no route": /no route|has no way/,
  arp: /nothing answers (?:ARP|neighbour discovery)/,
  rpf: /reverse path filter/,
  forwarding: /does not forward|ip_forward|\.forwarding is/,
  blackhole: /blackhole/,
  link: /state is down|is down\b|no carrier|device \S+ is missing|master is/,
  foreign: /not part of this lab/,
  untranslated: /not translated back/,
} as const;
type Cause = keyof typeof CAUSES;

/** Milliseconds. */
const WITHIN = 20_000;

interface Break {
  readonly name: string;
  /** Shell; `%files` is the folder of its files, `@node1` stands for a namespace of the lab: `ip -n @node1 …`, `at node1 …` runs a program in it. */
  readonly by: string;
  readonly undo?: string;
  /** Of the kernel: `netem`, `cls_matchall`. */
  readonly needs?: string;
  readonly check: string;
  readonly says: RegExp;
  readonly causes: readonly Cause[];
}

function story({ differs, dropped, lastSeen, got }: CheckResult): string {
  return [
    `got: ${got}`,
    `differs: ${differs ?? "-"}`,
    `dropped by: ${dropped ?? "-"}`,
    `last seen: ${lastSeen ?? "-"}`,
  ].join("\n");
}

/** The story of the packet that a check sends; undefined where it sends several, or only reads. */
async function traceOf(lab: Lab, client: AgentClient, name: string): Promise<PacketStory | undefined> {
  const check = lab.checks.find((one) => one.name === name);
  const [from] = check?.from ?? [];
  if (check === undefined || from === undefined) return undefined;
  const found = kindOf(check).request?.(check, from, check.families[0] ?? "ipv4");
  if (found === undefined || "problem" in found) return undefined;
  return tellStory({ lab, client }, { from, to: found.to, probe: found.probe });
}

/**
 * `trace` finds the same as the check: what differs stands at a hop, and nothing that the check does not know of. The check lists
 * four differences at most, and may have sent its packet to another endpoint.
 */
function expectSameStory(
  { differs = "", dropped, status }: CheckResult,
  { hops, firstWrong, verdict, result }: PacketStory,
): void {
  const said = JSON.stringify({ hops: hops.filter((hop) => hop.differs !== undefined), verdict }, null, 1);
  if (status !== "failed" || result.outcome === "open") return;
  const at = hops.flatMap((hop) => hop.differs ?? []);
  if (differs !== "" && !/not part of this lab/.test(differs)) {
    expect(firstWrong, said).toBeDefined();
    if (firstWrong !== undefined && !/and \d+ more$/.test(differs)) expect(at.filter((text) => !differs.includes(text)), said).toEqual([]); // prettier-ignore
  }
  if (differs === "") expect(at, said).toEqual([]);
  expect(verdict.dropped === undefined, said).toBe(dropped === undefined);
}

function diagnose(part: string, text: string, breaks: readonly Break[]): void {
  const name = `${part}-${process.pid}`;
  const shell = (script: string): void => {
    const lines = `at() { ns=$1; shift; ip netns exec ${name}.$ns "$@"; }\n${script.replaceAll(/@(\w+)/g, `${name}.$1`).replace("%files", `${labFolder(stateParent(), name)}/files`)}`;
    execFileSync("sh", ["-e", "-c", lines], { stdio: ["ignore", "ignore", "pipe"] });
  };

  describe.concurrent(part, () => {
    let client: AgentClient;
    let lab: Lab;
    let resources: readonly Resource[];
    const restore = async (): Promise<void> => {
      const { operations } = await differences(client, name, resources);
      const result = await client.call("apply", { operations, mode: "converge", keep: true });
      expect(result.failures).toEqual([]);
      await client.call("commit", { stored: { lab: {}, at: "2026-01-01T00:00:00.000Z", version: "0" } });
      // What was asked for in vain while the lab was broken is not answered a moment later either.
      for (const one of resources) if (one.kind === "netns") shell(`ip -n ${netnsName(name, one)} neigh flush all`);
    };

    beforeAll(async () => {
      const folder = mkdtempSync(join(tmpdir(), "diagnosis-"));
      writeFileSync(join(folder, "lab.yaml"), text.replace("name: LAB", `name: ${name}`));
      const loaded = await loadLab("lab.yaml", { cwd: folder });
      lab = { ...loaded.lab, checks: loaded.lab.checks.map((check) => ({ ...check, timeout: 400, within: WITHIN })) };
      rmSync(folder, { recursive: true });
      resources = planResources(lab);
      client = await up(getDriver("netns"), name, resources);
    });
    afterAll(() => down(client));

    test.for(breaks)("$name", { concurrent: false }, async ({ by, undo, needs, check, says, causes }, { skip }) => {
      if (needs !== undefined && !kernelHas(needs)) skip(`the kernel lacks ${needs}`);
      shell(by);
      let result: CheckResult | undefined;
      let traced: PacketStory | undefined;
      try {
        [result] = await runChecks(lab, client, () => undefined, { only: [check] });
        traced = await traceOf(lab, client, check);
      } finally {
        if (undo !== undefined) shell(undo);
        await restore();
      }
      if (result === undefined) throw new Error("the check has no result");
      const said = story(result);
      if (traced !== undefined) expectSameStory(result, traced);
      expect(result.status, said).toBe("failed");
      expect(said).toMatch(says);
      const blamed = Object.keys(CAUSES).filter((cause) => CAUSES[cause as Cause].test(said));
      expect(
        blamed.filter((cause) => !causes.includes(cause as Cause)),
        said,
      ).toEqual([]);
      // It does not wait out `within`: the state of the lab, or an answer, proves it.
      expect(result.ms, said).toBeLessThan(WITHIN);
    });
  });
}

/** A queueing discipline, or a classifier (`cls_…`), tried in a namespace of its own. */
function kernelHas(module: string): boolean {
  const tries = module.startsWith("cls_")
    ? `tc qdisc add dev lo clsact && tc filter add dev lo ingress ${module.slice(4)} action drop`
    : `tc qdisc add dev lo root ${module}`;
  try {
    execFileSync("unshare", ["-n", "sh", "-c", tries], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

diagnose("cable", cableLab("LAB"), [
  { name: "the far end is down", by: "ip -n @blue link set eth0 down", check: "ping", says: /differs: blue: eth0: state is down, should be up/, causes: ["link", "arp"] },
  { name: "the near end is down", by: "ip -n @red link set eth0 down", check: "ping", says: /differs: red: eth0: state is down[^]*never left red: no route/, causes: ["link", "no route"] },
  { name: "the address is gone", by: "ip -n @blue addr del 10.0.0.2/24 dev eth0", check: "ping", says: /blue: addr 10\.0\.0\.2\/24 dev eth0 is missing[^]*nothing answers ARP for 10\.0\.0\.2 on eth0 of red/, causes: ["arp"] },
  { name: "the IPv6 address is gone", by: "ip -n @blue addr del fd00:1::2/64 dev eth0", check: "ping6", says: /blue: addr fd00:1::2\/64 dev eth0 is missing[^]*nothing answers neighbour discovery for fd00:1::2/, causes: ["arp"] },
  { name: "the connected route is gone", by: "ip -n @red route del 10.0.0.0/24", check: "ping", says: /differs: red: route 10\.0\.0\.0\/24 dev eth0 is missing/, causes: ["no route"] },
  { name: "the kernel's own routes are gone", by: "ip -n @blue route del local 10.0.0.2 dev eth0 table local", check: "ping", says: /differs: blue: route local 10\.0\.0\.2 dev eth0 is missing/, causes: ["arp"] },
  { name: "the connected IPv6 route is gone", by: "ip -n @red route del fd00:1::/64", check: "ping6", says: /differs: red: route fd00:1::\/64 dev eth0 is missing/, causes: ["no route"] },
  { name: "a wrong neighbour entry", by: "ip -n @red neigh replace 10.0.0.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent", undo: "ip -n @red neigh del 10.0.0.2 dev eth0", check: "tcp", says: /red: neighbour 10\.0\.0\.2 dev eth0 lladdr 02:00:00:00:00:99 is not part of this lab[^]*red takes 02:00:00:00:00:99 for 10\.0\.0\.2 on eth0, but eth0 of blue has/, causes: ["foreign", "mac"] },
  { name: "pings are ignored", by: "at blue sysctl -qw net.ipv4.icmp_echo_ignore_all=1", undo: "at blue sysctl -qw net.ipv4.icmp_echo_ignore_all=0", check: "ping", says: /blue: sysctl net\.ipv4\.icmp_echo_ignore_all=1 \(instead of 0\) is not part of this lab[^]*blue ignores echo requests/, causes: ["foreign"] },
  { name: "a device without ARP", by: "ip -n @red neigh flush all; ip -n @red link set eth0 arp off", check: "tcp", says: /red: eth0: arp is off, should be on/, causes: ["arp"] },
  { name: "a foreign rule in INPUT", by: "at blue iptables -A INPUT -p tcp --dport 80 -j DROP", undo: "at blue iptables -F INPUT", check: "tcp", says: /differs: blue: iptables filter: rule INPUT .*--dport 80 -j DROP is not part of this lab[^]*dropped by: iptables -t filter -A INPUT .* on blue/, causes: ["foreign"] },
  { name: "a foreign nftables table", by: "at blue nft 'add table inet x; add chain inet x in { type filter hook input priority 0; }; add rule inet x in tcp dport 80 drop'", undo: "at blue nft delete table inet x", check: "tcp", says: /blue: nft inet x in: tcp dport 80 drop is not part of this lab/, causes: ["foreign"] },
  { name: "a foreign nftables table that counts", by: "at blue nft 'add table inet x; add chain inet x in { type filter hook input priority 0; }; add rule inet x in tcp dport 80 counter drop'", undo: "at blue nft delete table inet x", check: "tcp", says: /dropped by: nft inet x in: tcp dport 80 drop on blue/, causes: ["foreign"] },
  { name: "a rule of another port is not blamed", by: "at blue iptables -A INPUT -p tcp --dport 81 -j DROP; at blue iptables -A INPUT -p tcp --dport 80 -j REJECT", undo: "at blue iptables -F INPUT", check: "tcp", says: /differs: blue: (?!.*--dport 81).*--dport 80 -j REJECT[^]*dropped by: iptables .*--dport 80 -j REJECT/, causes: ["foreign"] },
  { name: "a filter of tc", needs: "cls_matchall", by: "at blue tc qdisc add dev eth0 clsact; at blue tc filter add dev eth0 ingress matchall action drop", undo: "at blue tc qdisc del dev eth0 clsact", check: "tcp", says: /blue: tc filter on eth0 ingress with action drop is not part of this lab/, causes: ["foreign", "arp"] },
  { name: "a rate limit that lets nothing through", by: "at red tc qdisc add dev eth0 root tbf rate 8bit burst 20 latency 1ms", undo: "at red tc qdisc del dev eth0 root", check: "tcp", says: /red: qdisc tbf dev eth0 is not part of this lab/, causes: ["foreign", "arp"] },
  { name: "netem loses everything", needs: "netem", by: "at red tc qdisc add dev eth0 root netem loss 100%", undo: "at red tc qdisc del dev eth0 root", check: "tcp", says: /red: qdisc netem dev eth0 is not part of this lab/, causes: ["foreign", "arp"] },
  { name: "the output is closed", by: "at red iptables -A OUTPUT -d 10.0.0.2 -j DROP", undo: "at red iptables -F OUTPUT", check: "ping", says: /dropped by: iptables -t filter -A OUTPUT -d 10\.0\.0\.2\/32 -j DROP on red/, causes: ["foreign"] },
  { name: "a state check says what differs", by: "ip -n @red addr del 10.0.0.1/24 dev eth0", check: "route", says: /differs: red: addr 10\.0\.0\.1\/24 dev eth0 is missing/, causes: [] },
]); // prettier-ignore

diagnose("bridge", bridgeLab("LAB"), [
  { name: "ports are isolated", by: "at node1 bridge link set dev veth-a isolated on; at node1 bridge link set dev veth-b isolated on", check: "neighbour", says: /node1: veth-a: isolated is on, should be off/, causes: ["arp"] },
  { name: "a port left the bridge", by: "ip -n @node1 link set veth-b nomaster", check: "neighbour", says: /node1: veth-b: master is none, should be cni0/, causes: ["link", "arp"] },
  { name: "the pod's MAC changed", by: "at pod-a ping -qc1 -w9 10.244.0.3; ip -n @pod-b link set eth0 address 02:00:00:00:00:99", check: "neighbour", says: /pod-b: eth0: mac is 02:00:00:00:00:99, should be 02:00:00:00:00:0b/, causes: ["mac"] },
  { name: "the gateway's address is gone", by: "ip -n @node1 addr del 10.244.0.1/24 dev cni0", check: "gateway", says: /node1: addr 10\.244\.0\.1\/24 dev cni0 is missing/, causes: ["arp"] },
  { name: "the bridge has forgotten its own address", by: "at node1 sh -c 'for p in veth-a veth-b; do bridge fdb del $(cat /sys/class/net/$p/address) dev $p master; done'", check: "gateway", says: /node1: cni0: the bridge's own forwarding entry for \S+ is missing/, causes: ["arp", "mac"] },
  { name: "the bridge is down", by: "ip -n @node1 link set cni0 down", check: "neighbour", says: /node1: cni0: state is down/, causes: ["link", "arp"] },
  { name: "hairpin mode is off", by: "at node1 bridge link set dev veth-b hairpin off", check: "hairpin port", says: /differs: node1: veth-b: hairpin is off, should be on/, causes: [] },
]); // prettier-ignore

diagnose("routed", routedLab("LAB"), [
  { name: "the way there is missing", by: "ip -n @r1 route del 10.2.0.0/24", check: "tcp", says: /r1: route 10\.2\.0\.0\/24 via 10\.9\.0\.2 is missing[^]*r1 has no route to 10\.2\.0\.2/, causes: ["no route"] },
  { name: "the way there is missing, and the way to its next hop", by: "ip -n @r1 route del 10.2.0.0/24; ip -n @r1 route del 10.9.0.0/24", check: "tcp", says: /r1: route 10\.9\.0\.0\/24 dev right is missing; r1: route 10\.2\.0\.0\/24 via 10\.9\.0\.2 is missing/, causes: ["no route"] },
  { name: "the way back is missing", by: "ip -n @r2 route del 10.1.0.0/24", check: "ping", says: /r2: route 10\.1\.0\.0\/24 via 10\.9\.0\.1 is missing[^]*reply from b got lost: entering r2/, causes: ["no route"] },
  { name: "the IPv6 way is missing", by: "ip -n @r1 route del fd00:2::/64", check: "tcp6", says: /r1: route fd00:2::\/64 via fd00:9::2 is missing/, causes: ["no route"] },
  { name: "forwarding is off", by: "at r1 sysctl -qw net.ipv4.ip_forward=0", check: "tcp", says: /differs: r1: net\.ipv4\.ip_forward is 0, should be 1[^]*r1 does not forward/, causes: ["forwarding"] },
  { name: "one device does not forward", by: "at r1 sysctl -qw net.ipv4.conf.left.forwarding=0", undo: "at r1 sysctl -qw net.ipv4.conf.left.forwarding=1", check: "tcp", says: /r1: sysctl net\.ipv4\.conf\.left\.forwarding=0 \(instead of 1\) is not part[^]*r1 does not forward what enters on left/, causes: ["forwarding", "foreign"] },
  { name: "no rule leads to the main table", by: "ip -n @r1 rule del lookup main", check: "tcp", says: /differs: r1: ip rule 32766: from all lookup main is missing/, causes: ["no route"] },
  { name: "the source is the router's own address", by: "ip -n @r2 addr add 10.1.0.2/32 dev lo", undo: "ip -n @r2 addr del 10.1.0.2/32 dev lo", check: "tcp", says: /r2: address 10\.1\.0\.2\/32 dev lo is not part[^]*its source 10\.1\.0\.2 is an address of r2 itself/, causes: ["foreign"] },
  { name: "the policy of a chain in nftables", by: "at r1 nft 'add table inet x; add chain inet x c { type filter hook forward priority 0; policy drop; }'", undo: "at r1 nft delete table inet x", check: "tcp", says: /r1: nft inet x c: policy drop is not part of this lab/, causes: ["foreign"] },
  { name: "IPv6 forwarding is off", by: "at r1 sysctl -qw net.ipv6.conf.all.forwarding=0", check: "tcp6", says: /differs: r1: net\.ipv6\.conf\.all\.forwarding is 0, should be 1/, causes: ["forwarding"] },
  { name: "a blackhole", by: "ip -n @r1 route add blackhole 10.2.0.2/32", undo: "ip -n @r1 route del blackhole 10.2.0.2/32", check: "tcp", says: /r1: route blackhole 10\.2\.0\.2\/32 is not part of this lab/, causes: ["blackhole", "foreign"] },
  { name: "a rule to another table", by: "ip -n @r1 rule add to 10.2.0.0/24 priority 100 blackhole", undo: "ip -n @r1 rule del priority 100", check: "tcp", says: /r1: ip rule 100: to 10\.2\.0\.0\/24.* is not part of this lab/, causes: ["blackhole", "foreign"] },
  { name: "a detour", by: "ip -n @r1 route add 10.2.0.2/32 via 10.1.0.2", undo: "ip -n @r1 route del 10.2.0.2/32", check: "tcp", says: /r1: route 10\.2\.0\.2\/32 via 10\.1\.0\.2 dev left is not part of this lab/, causes: ["foreign", "forwarding"] },
  { name: "the reverse path filter", by: "at r2 sysctl -qw net.ipv4.conf.all.rp_filter=1; ip -n @r2 route replace 10.1.0.0/24 via 10.2.0.2", check: "ping", says: /reverse path filter of r2 drops it/, causes: ["rpf"] },
  { name: "the reverse path filter of one device", by: "at r2 sysctl -qw net.ipv4.conf.left.rp_filter=1; ip -n @r2 route replace 10.1.0.0/24 via 10.2.0.2", undo: "at r2 sysctl -qw net.ipv4.conf.left.rp_filter=0", check: "ping", says: /r2: sysctl net\.ipv4\.conf\.left\.rp_filter=1[^]*reverse path filter of r2 drops it/, causes: ["rpf", "foreign"] },
  { name: "a small MTU", by: "ip -n @r1 link set right mtu 1300", check: "large", says: /Frag needed, mtu 1300/, causes: [] },
  { name: "the next hop's cable is out", by: "ip -n @r2 link set left down", check: "tcp", says: /r2: left: state is down/, causes: ["link", "arp"] },
  { name: "the server's way back is missing", by: "ip -n @b route del default", check: "tcp", says: /b: route default via 10\.2\.0\.1 is missing[^]*no way back: b has no route to 10\.1\.0\.2/, causes: ["no route"] },
  { name: "the sender's route is missing", by: "ip -n @a route del default", check: "tcp", says: /a: route default via 10\.1\.0\.1 is missing[^]*never left a: no route/, causes: ["no route"] },
  { name: "the lab's own rule drops", by: "true", check: "own drop", says: /differs: -\ndropped by: iptables -t filter -A FORWARD -p tcp -m tcp --dport 7 -j DROP on r1/, causes: [] },
  { name: "the lab's own rule refuses", by: "true", check: "own reject", says: /differs: -\ndropped by: iptables -t filter -A FORWARD -p tcp -m tcp --dport 25 -j REJECT --reject-with tcp-reset on r1/, causes: [] },
  { name: "nothing listens", by: "true", check: "nothing listens", says: /differs: -\ndropped by: -\nlast seen: refused: the reply from b arrived/, causes: [] },
  { name: "a policy of a chain", by: "at r1 iptables -P FORWARD DROP", undo: "at r1 iptables -P FORWARD ACCEPT", check: "tcp", says: /dropped by: iptables -t filter -P FORWARD DROP on r1/, causes: ["foreign"] },
  { name: "masquerading that nobody asked for", by: "at r1 iptables -t nat -A POSTROUTING -o right -j SNAT --to 10.99.0.1", undo: "at r1 iptables -t nat -F", check: "tcp", says: /r1: iptables nat: rule POSTROUTING -o right -j SNAT --to-source 10\.99\.0\.1 is not part of this lab/, causes: ["foreign", "no route"] },
]); // prettier-ignore

const BACKENDS = [
  { cni: "vxlan", proxy: "iptables", policies: "iptables" },
  { cni: "host-gw", proxy: "nftables", policies: "nftables" },
] as const;

for (const shape of BACKENDS) {
  const vxlan = shape.cni === "vxlan";
  const iptables = shape.proxy === "iptables";
  const denied = (node: string, pod: string): RegExp =>
    new RegExp(
      String.raw`differs: -\ndropped by: NetworkPolicy default/deny \(\S*lab\.yaml:\d+\) on ${node}: ingress of pod/${pod} is isolated and no rule allows it`,
    );
  diagnose(shape.cni, clusterLab("LAB", shape), [
    { name: "denied on the same node", by: "true", check: "denied near", says: denied("node1", "closed-1"), causes: ["policy"] },
    { name: "denied on another node", by: "true", check: "denied far", says: denied("node2", "closed-2"), causes: ["policy"] },
    { name: "denied by IPv6", by: "true", check: "denied far6", says: denied("node2", "closed-2"), causes: ["policy"] },
    { name: "denied by UDP", by: "true", check: "denied udp", says: denied("node2", "closed-2"), causes: ["policy"] },
    { name: "a denied ping", by: "true", check: "denied ping", says: denied("node2", "closed-2"), causes: ["policy"] },
    { name: "a denied request", by: "true", check: "denied http", says: denied("node1", "closed-1"), causes: ["policy"] },
    { name: "denied in a matrix", by: "true", check: "denied reach", says: denied("node1", "closed-1"), causes: ["policy"] },
    { name: "no policy is asked when a pod speaks to itself", by: "true", check: "itself", says: /^got: (?!.*disagree).*: open, expected timeout\ndiffers: -\ndropped by: -/, causes: [] },
    { name: "a pod's end is down", by: "ip -n @node2.default.web link set eth0 down", check: "far", says: /pod\/web: eth0: state is down/, causes: ["link", "arp"] },
    { name: "forwarding is off", by: "at node2 sysctl -qw net.ipv4.ip_forward=0", check: "far", says: /node2: net\.ipv4\.ip_forward is 0, should be 1/, causes: ["forwarding"] },
    { name: "a pod's default route is missing", by: "ip -n @node1.default.client route del 10.244.0.0/16 via 10.244.0.1; ip -n @node1.default.client route del default", check: "far udp", says: /pod\/client: route (default|10\.244\.0\.0\/16) via 10\.244\.0\.1.* is missing[^]*never left pod\/client: no route/, causes: ["no route"] },
    { name: "the other node's route is missing", by: "ip -n @node1 route del 10.244.1.0/24", check: "far ping", says: /node1: route 10\.244\.1\.0\/24 via \S+.* is missing/, causes: ["no route"] },
    { name: "the IPv6 route is missing", by: "ip -n @node1 -6 route del fd00:10:244:1::/64", check: "far6", says: /node1: route fd00:10:244:1::\/64 via \S+.* is missing/, causes: ["no route"] },
    { name: "a foreign rule between the nodes", by: "at node2 iptables -I FORWARD -d 10.244.1.0/24 -p tcp --dport 80 -j DROP", undo: "at node2 iptables -D FORWARD -d 10.244.1.0/24 -p tcp --dport 80 -j DROP", check: "far http", says: /dropped by: iptables -t filter -A FORWARD -d 10\.244\.1\.0\/24 .*-j DROP on node2/, causes: ["foreign"] },
    { name: "a foreign rule in a matrix", by: "at node2 iptables -I FORWARD -d 10.244.1.0/24 -j DROP", undo: "at node2 iptables -D FORWARD -d 10.244.1.0/24 -j DROP", check: "everyone", says: /dropped by: iptables -t filter -A FORWARD -d 10\.244\.1\.0\/24 -j DROP on node2/, causes: ["foreign"] },
    { name: "the underlay's cable is out", by: "ip -n @node2 link set eth0 down", check: "far", says: /node2: eth0: state is down/, causes: ["link", "arp", "no route"] },
    { name: "hairpin mode is off", by: "at node2 sh -c 'for p in $(ls /sys/class/net/cni0/brif); do bridge link set dev $p hairpin off; done'", check: "hairpin", says: /node2: veth\w+: hairpin is off, should be on/, causes: [] },
    { name: "masquerading is gone", by: "at node1 iptables -t nat -F FLANNEL-POSTRTG", check: "outside", says: /node1: iptables -t nat: FLANNEL-POSTRTG: \d+ of \d+ rules are missing/, causes: ["no route"] },
    { name: "the policies' rules are gone", by: shape.policies === "iptables" ? "at node1 iptables -F NP-FORWARD" : "at node1 nft flush chain inet k8snet-policy forward", check: "closed", says: /differs: node1: .*(NP-FORWARD: \d+ of \d+ rules are missing|nft table inet k8snet-policy: chain forward was changed)/, causes: [] },
    { name: "a Service's rules are gone", by: iptables ? "at node1 iptables -t nat -F KUBE-SERVICES" : "at node1 nft flush map ip kube-proxy service-ips", check: "service", says: /differs: node1: .*(KUBE-SERVICES|service-ips)/, causes: ["no route"] },
    { name: "and the three verdicts say so", by: iptables ? "at node1 iptables -t nat -F KUBE-SERVICES" : "at node1 nft flush map ip kube-proxy service-ips", check: "nat", says: /Kubernetes[^]*rules[^]*differs: node1: .*(KUBE-SERVICES|service-ips)/, causes: ["no route"] },
    { name: "a query without an answer", by: iptables ? "at node1 iptables -t nat -F KUBE-SERVICES" : "at node1 nft flush map ip kube-proxy service-ips", check: "query", says: /differs: node1: .*(KUBE-SERVICES|service-ips)/, causes: ["no route"] },
    { name: "the node port's rules are gone", by: iptables ? "at node1 iptables -t nat -F KUBE-NODEPORTS" : "at node1 nft flush map ip kube-proxy service-nodeports", check: "node port", says: /differs: node1: .*(KUBE-NODEPORTS|service-nodeports)/, causes: [] },
    { name: "the resolver's file was changed", by: "echo nameserver 10.96.0.99 >%files/default/client/@/etc/resolv.conf", check: "by name", says: /pod\/client: file \/etc\/resolv\.conf: its content was changed[^]*its query to 10\.96\.0\.99: /, causes: ["no route"] },
    { name: "the DNS server's way back is missing", by: "ip -n @node2 route del 10.244.0.0/24", check: "by name", says: /differs: node2: route 10\.244\.0\.0\/24 .*is missing\n(?![^]*never left)/, causes: ["no route"] },
    { name: "the address of the bridge is gone", by: "ip -n @node1 addr del 10.244.0.1/24 dev cni0", check: "far", says: /node1: addr 10\.244\.0\.1\/24 dev cni0 is missing/, causes: ["arp", "no route"] },
    ...(vxlan
      ? ([
          { name: "the DNS Service's rules are gone", by: "at node1 iptables -t nat -F KUBE-SERVICES", check: "by name", says: /differs: node1: .*(KUBE-SERVICES|service-ips)[^]*last seen: the name was not resolved; its query to 10\.96\.0\.10: /, causes: ["no route"] },
          { name: "a wrong VTEP", by: "at node1 sh -c 'm=$(bridge fdb show dev flannel.1 | grep -m1 192.168.50.12 | cut -d\" \" -f1); bridge fdb replace $m dev flannel.1 dst 192.168.50.99 self'", check: "far", says: /node1: fdb \S+ dev flannel\.1.*: dst is 192\.168\.50\.99, should be 192\.168\.50\.12/, causes: ["arp"] },
          { name: "the tunnel is down", by: "ip -n @node2 link set flannel.1 down", check: "far", says: /node2: flannel\.1: state is down/, causes: ["link", "no route"] },
          { name: "the tunnel's neighbour entry is gone", by: "at node1 sh -c 'ip neigh flush dev flannel.1 nud permanent'", check: "far", says: /node1: neigh 10\.244\.1\.0 lladdr \S+ dev flannel\.1 is missing/, causes: ["arp"] },
          { name: "VXLAN is blocked", by: "at node2 iptables -A INPUT -p udp --dport 8472 -j DROP", undo: "at node2 iptables -D INPUT -p udp --dport 8472 -j DROP", check: "far", says: /dropped by: iptables -t filter -A INPUT -p udp .*--dport 8472 -j DROP on node2/, causes: ["foreign"] },
          { name: "the pod network's MTU is too large for the way", by: "ip -n @node2 link set flannel.1 mtu 1300; ip -n @node1 link set flannel.1 mtu 1300", check: "large", says: /node1: flannel\.1: mtu is 1300, should be 1450/, causes: [] },
        ] satisfies Break[])
      : []),
  ]); // prettier-ignore
}
