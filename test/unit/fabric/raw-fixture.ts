/** A raw topology that uses every feature of the raw layer once. */
import type { Topology } from "../../../src/fabric/topology.ts";
import { NodeDraft } from "../../../src/fabric/node-draft.ts";
import { newNeighbour, newRoute, newRule } from "../../../src/fabric/specs.ts";
import { cause } from "../cluster/cluster-fixture.ts";

/** `red` routes, bridges and tunnels; `blue` is at its other end. */
export function rawTopology(): Topology {
  const why = cause("spec.topology.nodes.red", 8);
  const at = (address: string) => ({ address, cause: why });
  const red = new NodeDraft("red", "host", why);
  red.addInterface({ name: "lo", addresses: [at("10.255.0.1/32")], cause: why });
  red.addInterface({
    name: "eth0",
    mac: "02:00:00:00:00:01",
    mtu: 1400,
    addresses: [at("10.0.0.1/24"), at("10.0.0.3/24"), at("fd00::1/64")],
    rate: { bps: 10_000_000, burst: 32_768, latency: 50 },
    cause: why,
  });
  red.addInterface({ name: "p1", bridge: "br0", hairpin: true, isolated: true, learning: false, cause: why });
  red.addInterface({ name: "p2", up: false, cause: why });
  red.addBridge({
    name: "br0",
    addresses: [at("10.1.0.1/24")],
    mac: "02:00:00:00:00:0b",
    stp: false,
    ageingSeconds: 120,
    cause: why,
  });
  red.addVxlan({
    name: "vxlan1",
    vni: 42,
    port: 4789,
    local: "10.0.0.1",
    dev: "eth0",
    learn: true,
    remotes: ["10.0.0.2", "10.0.0.9"],
    bridge: "br0",
    mtu: 1350,
    cause: why,
  });
  red.add(
    newRoute({ to: "0.0.0.0/0", family: "ipv4", via: "10.0.0.2", cause: why }),
    newRoute({
      to: "10.9.0.0/16",
      family: "ipv4",
      via: "10.77.0.1",
      dev: "eth0",
      onlink: true,
      src: "10.0.0.3",
      table: 100,
      metric: 50,
      mtu: 1300,
      cause: why,
    }),
    newRoute({ to: "10.77.1.0/24", family: "ipv4", dev: "eth0", scope: "link", cause: why }),
    newRoute({ to: "10.8.0.0/16", family: "ipv4", via: "10.77.1.9", cause: why }),
    newRoute({ to: "10.7.0.0/16", family: "ipv4", type: "blackhole", cause: why }),
    newRoute({ to: "10.6.0.0/16", family: "ipv4", type: "unreachable", cause: why }),
    newRoute({ to: "fd00:9::/64", family: "ipv6", via: "fd00::2", mtu: 1300, cause: why }),
    newRoute({ to: "fd00:8::/64", family: "ipv6", type: "blackhole", table: 100, cause: why }),
  );
  red.add(
    { kind: "rule", family: "ipv4", priority: 1000, from: "10.0.0.0/24", fwmark: "0x80/0x80", table: 100, cause: why },
    { kind: "rule", family: "ipv6", priority: 1001, to: "fd00:9::/64", iif: "eth0", table: 100, cause: why },
  );
  red.add(
    newNeighbour({ address: "10.0.0.9", mac: "02:00:00:00:00:09", dev: "eth0", cause: why }),
    newNeighbour({ address: "fd00::9", mac: "02:00:00:00:00:09", dev: "eth0", cause: why }),
  );
  red.add(
    { kind: "fdb", mac: "02:00:00:00:00:0c", dev: "vxlan1", dst: "10.0.0.7", cause: why },
    { kind: "fdb", mac: "02:00:00:00:00:0d", dev: "p1", cause: why },
  );
  red.add(
    { kind: "sysctl", key: "net.ipv4.ip_forward", value: "1", cause: why },
    { kind: "sysctl", key: "net.ipv4.conf.eth0.arp_ignore", value: "1", cause: why },
    { kind: "sysctl", key: "net.ipv4.ping_group_range", value: "0 100", cause: why },
  );
  red.addRules("user", [
    newRule("ipv4", "nat", "MINE", [], why),
    newRule(
      "ipv4",
      "nat",
      "MINE",
      ["-p", "tcp", "--dport", "80", "-j", "DNAT", "--to-destination", "10.1.0.2:80"],
      why,
    ),
    newRule("ipv4", "nat", "PREROUTING", ["-d", "10.0.0.1", "-j", "MINE"], why),
    newRule(
      "ipv4",
      "nat",
      "POSTROUTING",
      [
        "-s",
        "10.1.0.0/24",
        "!",
        "-o",
        "br0",
        "-m",
        "comment",
        "--comment",
        'it\'s "quoted" $(id) \\',
        "-j",
        "MASQUERADE",
      ],
      why,
    ),
    newRule("ipv4", "filter", "FORWARD", ["-i", "eth0", "-p", "tcp", "--dport", "22", "-j", "DROP"], why),
    { ...newRule("ipv4", "filter", "FORWARD", [], why), policy: "DROP" },
    newRule("ipv6", "filter", "FORWARD", ["-j", "ACCEPT"], why),
  ]);
  red.addServer({ protocol: "udp", port: 53, cause: why });
  red.add({
    kind: "process",
    name: "web",
    argv: ["sh", "-c", "echo 'a\nb'; sleep 1"],
    env: { A: "$(touch /tmp/owned)" },
    cwd: "/tmp",
    cause: why,
  });
  const blue = new NodeDraft("blue", "host", why);
  blue.addInterface({ name: "eth0", addresses: [at("10.0.0.2/24"), at("fd00::2/64")], cause: why });
  return {
    nodes: [red.finish(), blue.finish()],
    links: [
      {
        endpoints: [
          { node: "red", interface: "eth0" },
          { node: "blue", interface: "eth0" },
        ],
        cause: why,
      },
      {
        endpoints: [
          { node: "red", interface: "p1" },
          { node: "red", interface: "p2" },
        ],
        mtu: 1450,
        cause: why,
      },
    ],
  };
}
