import { describe, expect, test } from "vitest";
import { specsOf } from "../../../src/fabric/topology.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { clusterLab, diagnose, lab, rawLab } from "../load/diagnose.ts";

const topology = (text: string) => loadLabText(text, "lab.yaml").lab.topology;

describe("resolved", () => {
  test("defaults, canonical forms, causes", () => {
    const { nodes, links } = topology(
      rawLab(`        bridges: { br0: { ageing: 300s } }
        vxlans: { vx: { vni: 7, dev: eth0, local: 10.0.0.1, remotes: [10.0.0.2], bridge: br0 } }
        routes: [ { to: default, via: 10.0.0.2 }, { to: 10.5.0.0/16, type: blackhole }, { to: FD00::/8, dev: eth0 } ]
        rules: [ { from: 10.1.0.0/16, table: 100 }, { fwmark: 0x80/0x80, table: main, priority: 1000 } ]
        neighbors: [ { to: 10.0.0.9, mac: 02:00:00:00:00:0A, dev: eth0 } ]
        fdb: [ { mac: 02:00:00:00:00:0b, dev: vx, dst: 10.0.0.2 } ]
        sysctls: { net.ipv4.ip_forward: true }
        servers: [80, 53/udp]
        processes: [ { name: p, command: [sleep, "60"] } ]`),
    );
    const [red] = nodes;
    expect(red).toMatchObject({
      name: "red",
      role: "host",
      node: "red",
      settings: [{ name: "eth0" }],
    });
    const specs = (kind: Parameters<typeof specsOf>[1]) => (red === undefined ? [] : specsOf(red, kind));
    expect(specs("addr")).toMatchObject([{ dev: "eth0", address: "10.0.0.1/24", family: "ipv4" }]);
    expect(specs("bridge")).toMatchObject([{ name: "br0", stp: false, ageingSeconds: 300, up: true }]);
    expect(specs("vxlan")).toMatchObject([
      { name: "vx", vni: 7, port: 8472, learn: true, local: "10.0.0.1", dev: "eth0", master: "br0" },
    ]);
    expect(specs("route")).toMatchObject([
      { to: "0.0.0.0/0", family: "ipv4", via: "10.0.0.2", type: "unicast", table: 254, onlink: false },
      { to: "10.5.0.0/16", type: "blackhole" },
      { to: "fd00::/8", family: "ipv6", dev: "eth0" },
    ]);
    expect(specs("rule")).toMatchObject([
      { from: "10.1.0.0/16", table: 100, priority: 1001 },
      { fwmark: "0x80/0x80", table: 254, priority: 1000, family: "ipv4" },
    ]);
    expect(specs("neigh")).toMatchObject([{ address: "10.0.0.9", mac: "02:00:00:00:00:0a" }]);
    expect(specs("fdb")).toMatchObject([
      { mac: "00:00:00:00:00:00", dev: "vx", dst: "10.0.0.2" },
      { mac: "02:00:00:00:00:0b", dev: "vx", dst: "10.0.0.2" },
    ]);
    expect(specs("sysctl")).toMatchObject([{ key: "net.ipv4.ip_forward", value: "1" }]);
    expect(specs("server")).toMatchObject([
      { protocol: "tcp", port: 80 },
      { protocol: "udp", port: 53 },
    ]);
    expect(specs("process")).toMatchObject([{ name: "p", argv: ["sleep", "60"], env: {} }]);
    expect(specs("route")[0]?.cause).toEqual({
      source: { file: "lab.yaml", line: 11, column: 19 },
      object: "spec.topology.nodes.red",
      reason: "route to default",
    });
    expect(links).toMatchObject([
      {
        endpoints: [
          { node: "red", interface: "eth0" },
          { node: "blue", interface: "eth0" },
        ],
      },
    ]);
  });

  test("rates in tc's units", () => {
    const { nodes } = topology(
      rawLab("        interfaces: {}", "")
        .replace("addresses: [10.0.0.1/24]", "rate: { rate: 10mbit, burst: 64kb, latency: 20ms }")
        .replace("        interfaces: {}\n", ""),
    );
    expect(nodes[0]?.resources).toMatchObject([{ kind: "qdisc", rate: 10_000_000, burst: 65_536, latency: 20 }]);
  });

  test("the families follow from the addresses; a default route by device takes both", () => {
    const { lab: loaded } = loadLabText(
      rawLab("        routes: [ { to: default, dev: eth0 } ]").replaceAll("10.0.0.1/24", "10.0.0.1/24, fd00::1/64"),
      "lab.yaml",
    );
    expect(loaded.families).toEqual(["ipv4", "ipv6"]);
    const { resources = [] } = loaded.topology.nodes[0] ?? {};
    expect(specsOf({ resources }, "route").map(({ to }) => to)).toEqual(["0.0.0.0/0", "::/0"]);
  });

  test("a next hop behind a device route, as Calico has it", () => {
    const text = rawLab(
      "        routes: [ { to: 169.254.1.1, dev: eth0, scope: link }, { to: default, via: 169.254.1.1, dev: eth0 } ]",
    );
    const { resources = [] } = topology(text).nodes[0] ?? {};
    expect(specsOf({ resources }, "route")[0]).toMatchObject({ to: "169.254.1.1/32", scope: "link" });
  });

  test("an entry with the name of a cluster's namespace adds to it", () => {
    const text = clusterLab(
      `    nodes: [node1, node2]
  topology:
    nodes:
      node1:
        interfaces: { eth0: { mtu: 1400 }, eth1: { addresses: 10.9.0.1/24 } }
        routes: [ { to: 10.244.1.0/24, via: 192.168.50.99 } ]
        iptables: [ -I FORWARD -s 10.244.0.0/16 -j DROP, -A FORWARD -j FLANNEL-FWD ]
        fdb: [ { mac: 02:00:00:00:00:01, dev: flannel.1, dst: 192.168.50.77 } ]
      extra: { interfaces: { eth0: { addresses: 10.9.0.2/24 } } }
      pod/p: { interfaces: { eth0: { mtu: 1300 } } }
    links: [ { endpoints: [node1:eth1, extra:eth0] } ]`,
      "apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { nodeName: node1, containers: [ { name: c } ] }",
    );
    expect(topology(text).nodes.map((n) => [n.name, n.role, n.node])).toEqual([
      ["node1", "node", "node1"],
      ["extra", "host", "extra"],
      ["default/p", "pod", "node1"],
    ]);
    expect(topology(text).nodes[0]?.iptables.user?.[0]).toMatchObject({ position: "first", chain: "FORWARD" });
  });
});

describe("iptables", () => {
  const rules = (lines: string, addresses = "10.0.0.1/24") =>
    topology(rawLab(`        iptables:\n${lines}`).replace("10.0.0.1/24", addresses)).nodes[0]?.iptables.user?.map(
      (r) => ({
        family: r.family,
        table: r.table,
        chain: r.chain,
        args: r.args,
        ...(r.policy === undefined ? {} : { policy: r.policy }),
      }),
    );

  test("tables, quotes, chains, policies", () => {
    expect(
      rules(`          - -t nat -A POSTROUTING -s 10.244.0.0/16 ! -o cni0 -j MASQUERADE
          - -N MINE
          - -A MINE -m comment --comment "two words" -j RETURN
          - -P FORWARD DROP
          - -A FORWARD -t filter -j MINE`),
    ).toEqual([
      {
        family: "ipv4",
        table: "nat",
        chain: "POSTROUTING",
        args: ["-s", "10.244.0.0/16", "!", "-o", "cni0", "-j", "MASQUERADE"],
      },
      { family: "ipv4", table: "filter", chain: "MINE", args: [] },
      {
        family: "ipv4",
        table: "filter",
        chain: "MINE",
        args: ["-m", "comment", "--comment", "two words", "-j", "RETURN"],
      },
      { family: "ipv4", table: "filter", chain: "FORWARD", args: [], policy: "DROP" },
      { family: "ipv4", table: "filter", chain: "FORWARD", args: ["-j", "MINE"] },
    ]);
  });

  test("the family follows from addresses, else all of the lab's", () => {
    const families = (line: string) => rules(`          - ${line}`, "10.0.0.1/24, fd00::1/64")?.map((r) => r.family);
    expect(families("-A INPUT -j ACCEPT")).toEqual(["ipv4", "ipv6"]);
    expect(families("-A INPUT -s fd00::/8 -j ACCEPT")).toEqual(["ipv6"]);
    expect(families("-t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.0.9:8080")).toEqual(["ipv4"]);
    expect(families("'-t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination [fd00::9]:8080'")).toEqual([
      "ipv6",
    ]);
    expect(families("{ family: ipv6, rule: -A INPUT -j DROP }")).toEqual(["ipv6"]);
    expect(families("-A INPUT -p icmpv6 -j ACCEPT")).toEqual(["ipv6"]);
  });

  test.each([
    ["iptables -A INPUT -j DROP", /leave out "iptables"/],
    ["-D INPUT -j DROP", /cannot begin with "-D"/],
    ["-F", /cannot begin with "-F"/],
    ["-A INPUT -F", /"-F" is not part of a rule/],
    ["-A INPUT --modprobe=/bin/true -j DROP", /"--modprobe=\/bin\/true" is not part of a rule/],
    ["-A INPUT --mod /bin/true -j DROP", /"--mod" is not part of a rule/],
    ["-A INPUT -M/bin/true -j DROP", /"-M\/bin\/true" is not part of a rule/],
    ["-A INPUT -fM/bin/true -j DROP", /"-fM\/bin\/true" is not part of a rule/],
    ["-A INPUT --comment --name --modprobe=/bin/true", /--modprobe/],
    ["-I INPUT 3 -j DROP", /-I with a position \(3\) is not supported/],
    ["-A NOWHERE -j DROP", /table filter has no chain "NOWHERE"/],
    ["-A INPUT -j NOWHERE", /no target or chain "NOWHERE"/],
    ["-t nat -P FORWARD DROP", /only built-in chains have a policy/],
    ["-t mangel -A INPUT -j DROP", /unknown iptables table "mangel"/],
    ["-A INPUT -s 10.0.0.1 -d fd00::1 -j DROP", /both families/],
    ['-A INPUT -m comment --comment "open -j DROP', /a " is not closed/],
  ])("%s is refused", (line, message) => {
    expect(diagnose(rawLab(`        iptables: [ ${JSON.stringify(line)} ]`)).join("\n")).toMatch(message);
  });

  test("a newline cannot smuggle in a second line", () => {
    expect(diagnose(rawLab('        iptables: [ "-A INPUT -j DROP\\nCOMMIT" ]')).join()).toMatch(
      /one line without control characters/,
    );
  });
});

describe("refused", () => {
  test.each([
    ["a link to nobody", rawLab("").replace("blue:eth0]", "blu:eth0]"), /there is no namespace "blu"/],
    [
      "a link's end used twice",
      rawLab("").replace("links:", "links:\n      - endpoints: [red:eth0, blue:eth1]"),
      /red already has a device "eth0"/,
    ],
    [
      "an interface without a link",
      rawLab("").replace("red:eth0,", "red:eth1,"),
      /"eth0" is not an end of a link of red/,
    ],
    [
      "a long interface name",
      rawLab("").replaceAll("eth0", "sixteencharsname"),
      /the key "sixteencharsname" is not allowed/,
    ],
    ["an interface named ..", rawLab("").replaceAll("eth0", '".."'), /the key "\.\." is not allowed/],
    [
      "a bridge that is not there",
      rawLab("").replace("addresses: [10.0.0.1/24]", "bridge: br9"),
      /red has no bridge "br9"/,
    ],
    [
      "hairpin without a bridge",
      rawLab("").replace("addresses: [10.0.0.1/24]", "hairpin: true"),
      /hairpin is a bridge port's setting/,
    ],
    [
      "a multicast MAC",
      rawLab("").replace("addresses: [10.0.0.1/24]", "mac: 01:00:5e:00:00:01"),
      /is a multicast address/,
    ],
    [
      "one MAC twice in a segment",
      rawLab("")
        .replace("addresses: [10.0.0.1/24]", "mac: 02:00:00:00:00:01")
        .replace("addresses: [10.0.0.2/24]", "mac: 02:00:00:00:00:01"),
      /duplicate MAC 02:00:00:00:00:01: red\/eth0/,
    ],
    [
      "one address twice in a segment",
      rawLab("").replace("10.0.0.2", "10.0.0.1"),
      /duplicate address 10\.0\.0\.1: red\/eth0 has it too/,
    ],
    ["an address without length", rawLab("").replace("10.0.0.1/24", "10.0.0.1"), /has no prefix length/],
    ["a multicast address", rawLab("").replace("10.0.0.1/24", "224.0.0.1/24"), /cannot be an interface's address/],
    [
      "IPv6 on a small MTU",
      rawLab("").replace("addresses: [10.0.0.1/24]", "addresses: fd00::1/64, mtu: 1000"),
      /too small for the IPv6 address/,
    ],
    [
      "an impossible route",
      rawLab("        routes: [ { to: default, via: 10.9.9.9 } ]"),
      /impossible route: next hop 10\.9\.9\.9 is in no network of red/,
    ],
    [
      "an impossible way of several",
      rawLab("        routes: [ { to: default, nexthops: [ { via: 10.0.0.2 }, { via: 10.9.9.9 } ] } ]"),
      /^9:72 impossible route: next hop 10\.9\.9\.9 is in no network of red/,
    ],
    [
      "several ways and one",
      rawLab("        routes: [ { to: default, via: 10.0.0.2, nexthops: [ { via: 10.0.0.2 }, { weight: 2 } ] } ]"),
      /nexthops and via exclude each other[^]*a next hop needs an address or a device/,
    ],
    [
      "a route over itself",
      rawLab("        routes: [ { to: default, via: 10.0.0.1 } ]"),
      /next hop 10\.0\.0\.1 is red's own address/,
    ],
    [
      "onlink without a device",
      rawLab("        routes: [ { to: default, via: 10.9.9.9, onlink: true } ]"),
      /onlink needs a device/,
    ],
    ["a route to nowhere", rawLab("        routes: [ { to: 10.5.0.0/16 } ]"), /a route needs a next hop or a device/],
    [
      "two routes to one prefix",
      rawLab("        routes: [ { to: default, via: 10.0.0.2 }, { to: 0.0.0.0/0, via: 10.0.0.3 } ]"),
      /duplicate route to 0\.0\.0\.0\/0/,
    ],
    [
      "a foreign source",
      rawLab("        routes: [ { to: default, via: 10.0.0.2, src: 10.0.0.7 } ]"),
      /10\.0\.0\.7 is not an address of red/,
    ],
    [
      "a device that is not there",
      rawLab("        neighbors: [ { to: 10.0.0.9, mac: 02:00:00:00:00:09, dev: eth7 } ]"),
      /red has no device "eth7"/,
    ],
    [
      "dst on a veth",
      rawLab("        fdb: [ { mac: 02:00:00:00:00:09, dev: eth0, dst: 10.0.0.9 } ]"),
      /only a VXLAN's entry has a remote end/,
    ],
    [
      "two VXLANs with one VNI",
      rawLab("        vxlans: { a: { vni: 1 }, b: { vni: 1 } }"),
      /VXLAN "a" already has VNI 1/,
    ],
    [
      "a sysctl of a device that is not there",
      rawLab("        sysctls: { net.ipv4.conf.eth7.rp_filter: 1 }"),
      /has no device "eth7"/,
    ],
    ["a sysctl of the machine", rawLab("        sysctls: { kernel.panic: 1 }"), /not a sysctl of a network namespace/],
    [
      "a sysctl that leaves the tree",
      rawLab("        sysctls: { net/../kernel/panic: 1 }"),
      /not a sysctl of a network namespace/,
    ],
    [
      "a sysctl's value with a newline",
      rawLab('        sysctls: { net.ipv4.ip_forward: "1\\n2" }'),
      /is not a sysctl's value/,
    ],
    ["a NUL in a command", rawLab('        processes: [ { name: p, command: ["a\\0b"] } ]'), /must not contain a NUL/],
    ["a port out of range", rawLab("        servers: [ 70000/udp ]"), /is not a port/],
    ["a rate of nothing", rawLab("").replace("addresses: [10.0.0.1/24]", "rate: 10parsec"), /is not a rate/],
    ["a name with $()", lab('  topology: { nodes: { "$(reboot)": } }'), /"\$\(reboot\)" cannot name a namespace/],
    ["a name with ..", lab('  topology: { nodes: { "../../x": } }'), /cannot name a namespace/],
    ["a name with a newline", lab('  topology: { nodes: { "a\\nb": } }'), /cannot name a namespace/],
    ["a name with a space and quote", lab('  topology: { nodes: { "a \'b": } }'), /cannot name a namespace/],
    [
      "a reserved name beside a cluster",
      clusterLab("    nodes: [a]\n  topology: { nodes: { underlay7: } }"),
      /"underlay7" is reserved/,
    ],
    [
      "a cluster's device again",
      clusterLab("    nodes: [a]\n  topology: { nodes: { x: }, links: [ { endpoints: [a:eth0, x:eth0] } ] }"),
      /a already has a device "eth0": the cluster's/,
    ],
  ])("%s", (_name, text, message) => expect(diagnose(text).join("\n")).toMatch(message));

  test.each([
    ["vlans: { v1: { dev: lo, id: 5 }, v2: { dev: lo, id: 5 } }", /v1 has VLAN 5 of lo \(802\.1Q\) already/],
    ["vrfs: { red: { table: 10 }, blue: { table: 10 } }", /red has table 10 already/],
    [
      "tunnels: { t0: &t { type: gre, local: 10.0.0.1, remote: 10.0.0.2 }, t1: *t }",
      /t0 has gre from 10\.0\.0\.1 to 10\.0\.0\.2 already/,
    ],
    ["wireguards: { wg0: {}, wg1: {} }", /wg0 listens on UDP port 51820 already/],
    ["wireguards: { wg0: { peers: [{ node: other }] } }", /other has no WireGuard device/],
  ])("devices that cannot be there together: %s", (devices, message) => {
    const text = lab(`  topology: { nodes: { other: {}, a: { ${devices} } } }`);
    expect(diagnose(text).join("\n")).toMatch(message);
  });

  test("a device of the host, in containerlab's words, where the lab is to be built", () => {
    const text = lab("  topology: { nodes: { a: {} }, links: [ { endpoints: [a:eth0, host:eth0] } ] }");
    expect(diagnose(text, { refuseHostLinks: true })).toEqual([
      expect.stringMatching(/^\d+:\d+ "host:eth0" is a device of this host: the link would leave the lab/),
    ]);
    expect(diagnose(text)).toEqual([]);
  });
});
