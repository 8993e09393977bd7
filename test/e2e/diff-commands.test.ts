/**
 * The commands that `diff` shows are typed as they are shown: then nothing differs. For a break by hand of every kind of thing that can
 * be broken by hand here; test/kernel/links-vm.test.ts does it for devices that this kernel lacks.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findFitness } from "../../src/apply/required-features.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { netnsName } from "../../src/net/netns-name.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { cli, MAIN, tracesOf } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "e2e-diff-commands-"));

// Two nodes with a pod each, a Service, a policy; sw joins r1 and r2, which have a device or entry of every kind.
const text = (name: string, mode: string, more = ""): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${name} }
spec:
  cluster: { nodes: [node1, node2], kubeProxy: { mode: ${mode} }, networkPolicy: { backend: ${mode} }, dns: true }
  topology:
    nodes:
      sw:
        bridges: { br0: { ageing: 100s, addresses: [192.168.7.254/24] } }
        interfaces: { p1: { bridge: br0, hairpin: true, learning: false }, p2: { bridge: br0 } }
      r1:
        interfaces: { eth0: { mac: 02:00:00:00:00:11, mtu: 1400, addresses: [192.168.7.1/24, "fd07::1/64"], rate: 10mbit } }
        macvlans: { mv0: { dev: eth0, mode: private, addresses: [192.168.7.11/24] } }
        vxlans:
          vx0: { vni: 5, dev: eth0, local: 192.168.7.1, learning: false, remotes: [192.168.7.2], addresses: [10.77.0.1/24] }
        routes:
          - { to: default, via: 192.168.7.254 }
          - { to: 10.1.0.0/16, via: 192.168.7.2, table: 100, metric: 50 }
          - { to: 10.2.0.0/16, type: blackhole }
          - { to: 10.3.0.0/16, nexthops: [{ via: 192.168.7.2 }, { via: 192.168.7.254, weight: 2 }] }
          - { to: "fd09::/64", via: "fd07::2" }
        rules: [{ from: 10.0.0.0/24, fwmark: 0x80/0x80, table: 100, priority: 1024 }]
        neighbors: [{ to: 192.168.7.9, mac: 02:00:00:00:00:09, dev: eth0 }]
        fdb: [{ mac: 02:00:00:00:00:0a, dev: vx0, dst: 192.168.7.2 }]
        sysctls: { net.ipv4.ip_forward: 1, net.ipv4.conf.eth0.rp_filter: 2 }
        iptables:
          - -t nat -A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE
          - -N MINE
          - -A FORWARD -j MINE
          - -A MINE -p tcp --dport 80 -j DROP
          - -A MINE -p tcp --dport 81 -j DROP
          - -P FORWARD DROP
          - { family: ipv6, rule: "-A FORWARD -j ACCEPT" }
        servers: [80]
        processes: [{ name: idle, command: [sleep, infinity] }]${more}
      r2: { interfaces: { eth0: { addresses: [192.168.7.2/24] } }${more === "" ? "" : ", wireguards: { wg0: { addresses: [10.8.0.2/24] } }"} }
    links: [{ endpoints: [sw:p1, r1:eth0] }, { endpoints: [sw:p2, r2:eth0] }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: conf }
data: { a: b }
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  nodeName: node1
  containers: [{ name: c, image: x, ports: [{ containerPort: 80 }], volumeMounts: [{ name: conf, mountPath: /etc/conf }] }]
  volumes: [{ name: conf, configMap: { name: conf } }]
---
apiVersion: v1
kind: Pod
metadata: { name: client, labels: { app: client } }
spec: { nodeName: node2, containers: [{ name: c, image: x }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec: { podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: client } } }] }] }
`;

/** The place, and what is done there by a shell. */
type Break = readonly [ns: string, harm: string];

const EVERYWHERE: readonly Break[] = [
  ["r1", "ip addr del 192.168.7.1/24 dev eth0"],
  ["r1", "ip -6 addr del fd07::1/64 dev eth0"],
  ["r1", "ip route del default"],
  ["r1", "ip route replace 10.1.0.0/16 via 192.168.7.254 table 100 metric 50"],
  ["r1", "ip route del 10.2.0.0/16"],
  ["r1", "ip route replace 10.3.0.0/16 nexthop via 192.168.7.2 nexthop via 192.168.7.254"],
  ["r1", "ip -6 route del fd09::/64"],
  ["r1", "ip route flush table main"],
  ["r1", "ip route del local 192.168.7.1 table local; ip route del 192.168.7.0/24 dev eth0"],
  ["r1", "ip rule del priority 1024; ip rule add priority 1024 from 10.0.0.0/24 table 101"],
  ["r1", "ip rule del priority 32766"],
  ["r1", "ip neigh replace 192.168.7.9 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"],
  ["r1", "ip neigh del 192.168.7.9 dev eth0"],
  ["r1", "bridge fdb del 02:00:00:00:00:0a dev vx0; bridge fdb del 00:00:00:00:00:00 dev vx0 dst 192.168.7.2"],
  ["r1", "bridge fdb replace 02:00:00:00:00:0a dev vx0 dst 192.168.7.254"],
  ["r1", "sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth0.arp_ignore=1"],
  ["r1", "ip link set eth0 mtu 1300; ip link set eth0 address 02:00:00:00:00:77"],
  ["r1", "ip link set eth0 down"],
  ["r1", "ip link set eth0 arp off; ip link set eth0 multicast off"],
  ["r1", "ip link set lo down"],
  ["r1", "ip link del mv0"],
  ["r1", "ip link set mv0 type macvlan mode bridge"],
  ["r1", "ip link del vx0"],
  ["r1", "ip link del vx0; ip link add vx0 type vxlan id 6 dev eth0 dstport 8472"],
  ["r1", "tc qdisc del dev eth0 root"],
  ["r1", "tc qdisc replace dev eth0 root tbf rate 1mbit burst 32kb latency 50ms"],
  ["r1", "iptables -D MINE 1"],
  ["r1", "iptables -F FORWARD; iptables -X MINE 2>/dev/null || { iptables -F MINE; iptables -X MINE; }"],
  ["r1", "iptables -P FORWARD ACCEPT; iptables -t nat -F; ip6tables -F"],
  ["r1", "iptables -R MINE 2 -p tcp --dport 82 -j DROP"],
  ["r1", "iptables -I MINE -p udp -j DROP; iptables -I INPUT -p udp --dport 9 -j DROP"],
  ["r1", "iptables -N OTHER; iptables -A OTHER -j DROP; ip6tables -N OTHER6"],
  ["r1", "for pid in $(ip netns pids $NETNS); do grep -qsx sleep /proc/$pid/comm && kill -9 $pid; done; true"],
  ["sw", "ip link set p1 nomaster"],
  ["sw", "bridge link set dev p1 hairpin off; bridge link set dev p1 learning on; bridge link set dev p2 isolated on"],
  ["sw", "bridge link set dev p2 flood off; bridge link set dev p2 mcast_flood off"],
  [
    "sw",
    "ip link set br0 type bridge ageing_time 30000; ip link set br0 type bridge stp_state 1; ip link set br0 down",
  ],
  ["sw", "ip link del br0"],
  ["sw", "ip link del p1"],
  ["node1", "ip link del cni0"],
  ["node1", "ip link del flannel.1"],
  ["node1", "ip link set flannel.1 down"],
  ["node1", "ip route del 10.244.1.0/24"],
  [
    "node1",
    "bridge fdb show dev flannel.1 | while read mac rest; do bridge fdb del $mac dev flannel.1 dst ${rest#*dst } 2>/dev/null || true; done; ip neigh flush dev flannel.1 nud permanent",
  ],
  ["node1", "sysctl -qw net.bridge.bridge-nf-call-iptables=0"],
  ["default/web", "ip route del default"],
  ["default/web", "ip link set eth0 down"],
  ["default/web", "ip link del eth0"],
  // What is not of the lab.
  [
    "r2",
    "ip link add stranger type veth peer name far; ip addr add 10.9.9.9/24 dev stranger; ip addr add 10.9.8.8/24 dev eth0",
  ],
  [
    "r2",
    "ip route add 10.200.0.0/16 via 192.168.7.1; ip route add blackhole 10.201.0.0/16; ip rule add priority 50 to 10.3.3.3 blackhole",
  ],
  [
    "r2",
    "ip neigh add 192.168.7.77 lladdr 02:00:00:00:00:99 dev eth0 nud permanent; ip neigh add proxy 192.168.7.78 dev eth0; tc qdisc add dev eth0 clsact",
  ],
  [
    "r2",
    "nft add table inet other; nft add chain inet other c '{ type filter hook input priority 0 ; policy drop ; }'",
  ],
];

const IPTABLES: readonly Break[] = [
  ["node1", "iptables -t nat -F KUBE-SERVICES"],
  [
    "node1",
    "iptables -t nat -D $(iptables-save -t nat | sed -n 's/^-A \\(KUBE-SEP-.*DNAT.*\\)/\\1/p' | tr -d '\"' | head -1)",
  ],
  [
    "node1",
    "iptables -F; iptables -X; iptables -t nat -F; iptables -t nat -X; iptables -t mangle -F; iptables -t mangle -X",
  ],
  ["node1", "for set in $(ipset list -n); do ipset flush $set; done"],
  [
    "node1",
    "for set in $(ipset list -n); do ipset add $set 10.9.9.9 -exist || ipset add $set 10.9.9.9,tcp:1 -exist || true; done",
  ],
  [
    "r1",
    "for pid in $(ip netns pids $NETNS); do grep -qsx wireguard-go /proc/$pid/comm && kill -9 $pid; done; sleep 0.2",
  ],
];
const NFTABLES: readonly Break[] = [
  ["node1", "nft list tables | sed 's/^/flush /' | nft -f -"],
  ["node1", "nft list tables | sed 's/^/delete /' | nft -f -"],
  [
    "node1",
    "nft list tables | grep -v ' nat\\| filter' | while read _ family table; do nft list sets $family | sed -n 's/^\\tset \\([^ ]*\\) {/\\1/p' | while read set; do nft flush set $family $table $set || true; done; done",
  ],
  [
    "node1",
    "nft list tables | while read _ family table; do nft insert rule $family $table $(nft list table $family $table | sed -n 's/^\\tchain \\([^ ]*\\) {/\\1/p' | head -1) counter drop; done",
  ],
];

interface Found {
  readonly differences: readonly { id: string; reason?: string; commands: readonly string[] }[];
  readonly foreign: readonly { what: string; command: string }[];
}

describe.each([
  [
    "iptables",
    "e2e-diffcmd-ipt",
    [...EVERYWHERE, ...IPTABLES],
    "\n        wireguards: { wg0: { addresses: [10.8.0.1/24], peers: [{ node: r2 }] } }",
  ],
  ["nftables", "e2e-diffcmd-nft", NFTABLES, ""],
] as const)("%s", (mode, name, breaks, wireguard) => {
  const needed = text(name, mode, wireguard);
  const written =
    findFitness(planResources(loadLabText(needed, "lab.yaml").lab)).lacks.length === 0 ? needed : text(name, mode);
  const resources = planResources(loadLabText(written, "lab.yaml").lab);
  const netns = new Map(resources.flatMap((one) => (one.kind === "netns" ? [[one.ns, netnsName(name, one)]] : [])));
  const found = async (): Promise<Found> => JSON.parse((await cli(["diff", name, "--json"])).stdout) as Found;
  const type = (script: string): { status: number | null; stderr: string } => {
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    const { status, stderr } = spawnSync("bash", ["-e"], { input: script, encoding: "utf8", env });
    return { status, stderr };
  };

  beforeAll(async () => {
    writeFileSync(join(folder, "k8snet-lab"), `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`);
    chmodSync(join(folder, "k8snet-lab"), 0o755);
    writeFileSync(join(folder, `${name}.yaml`), written);
    expect(await cli(["up", join(folder, `${name}.yaml`)])).toMatchObject({ code: 0 });
  }, 60_000);
  afterEach(async () => {
    const { code, stdout } = await cli(["repair", name, "--foreign"]);
    expect([code, stdout]).toEqual([0, expect.any(String)]);
  });
  afterAll(async () => {
    await cli(["down", name]);
    rmSync(join(folder, `${name}.yaml`));
    expect(tracesOf(name)).toEqual([]);
  });

  test.each(breaks)("%s: %s", { timeout: 40_000 }, async (ns, harm) => {
    const inside = netns.get(ns) ?? "";
    execFileSync("ip", ["netns", "exec", inside, "sh", "-ec", harm], { env: { ...process.env, NETNS: inside } });
    const before = await found();
    expect([...before.differences, ...before.foreign].length).toBeGreaterThan(0);
    const script = [
      ...before.differences.flatMap(({ commands }) => commands),
      ...before.foreign.map(({ command }) => command),
    ];
    const said = type(script.join("\n"));
    const after = await found();
    expect([said, after], script.join("\n")).toMatchObject([{ status: 0 }, { differences: [], foreign: [] }]);
  });
});
