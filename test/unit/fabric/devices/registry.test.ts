import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { planOperations } from "../../../../src/plan/plan-operations.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import { encodeCommand } from "../../../../src/resources/definitions.ts";
import { diagnose, rawLab } from "../../load/diagnose.ts";

function commands(red: string): readonly string[] {
  const resources = planResources(loadLabText(rawLab(red), "lab.yaml").lab);
  const own = planOperations("t", resources).operations.filter(({ resource }) => resource.ns === "red");
  return own
    .filter(({ resource: { kind } }) => !["netns", "sysctl", "veth", "addr"].includes(kind))
    .flatMap((operation) => encodeCommand("t", operation).split("\n"))
    .map((line) => line.replace(/ -n \S+/, ""));
}

describe("devices as commands", () => {
  test("a VLAN on a bond, a VRF, and what is on a device", () => {
    expect(
      commands(`        bonds: { bond0: { mode: 802.3ad, lacpRate: fast, miimon: 50ms } }
        vrfs: { blue: { table: 100 } }
        vlans: { bond0.10: { id: 10, dev: bond0, vrf: blue } }
        macvlans: { mv0: { dev: eth0 } }
        dummies: { d0: }
        ipvlans: { iv0: { dev: d0, mode: l3 } }`),
    ).toEqual([
      "ip link add bond0 type bond mode 802.3ad miimon 50 lacp_rate fast",
      "ip link set bond0 up",
      "ip link add blue type vrf table 100",
      "ip link set blue up",
      "ip link add d0 type dummy",
      "ip link set d0 up",
      "ip link add link eth0 mv0 type macvlan mode bridge",
      "ip link set mv0 up",
      "ip link add link d0 iv0 type ipvlan mode l3",
      "ip link set iv0 up",
      "ip link add link bond0 bond0.10 type vlan protocol 802.1Q id 10",
      "ip link set bond0.10 master blue up",
    ]);
  });

  test("tunnels", () => {
    expect(
      commands(`        tunnels:
          t0: { type: ipip, local: 10.0.0.1, remote: 10.0.0.2, ttl: 9, dev: eth0 }
          t1: { type: gretap, local: 10.0.0.1, remote: 10.0.0.2, key: 5, mac: 02:00:00:00:00:01 }`).filter((line) =>
        line.includes(" add "),
      ),
    ).toEqual([
      "ip link add t0 type ipip local 10.0.0.1 remote 10.0.0.2 dev eth0 ttl 9",
      "ip link add t1 address 02:00:00:00:00:01 type gretap local 10.0.0.1 remote 10.0.0.2 key 5",
    ]);
  });

  test("VLANs of bridge ports, and of the bridge", () => {
    expect(
      commands(`        bridges: { br0: { vlanFiltering: true, tagged: [10] } }
        dummies: { d0: { bridge: br0, pvid: 10, tagged: [20] }, d1: { bridge: br0 } }`).filter(
        (line) => line.startsWith("bridge") || line.includes("vlan_filtering"),
      ),
    ).toEqual([
      "ip link add br0 type bridge stp_state 0 forward_delay 0 vlan_filtering 1",
      "bridge vlan del dev br0 vid 1 self",
      "bridge vlan add dev br0 vid 10 self",
      "bridge vlan del dev d0 vid 1",
      "bridge vlan add dev d0 vid 10 pvid untagged",
      "bridge vlan add dev d0 vid 20",
    ]);
  });
});

describe("refused", () => {
  test.each([
    [
      "macvlan and ipvlan on one device",
      "macvlans: { m: { dev: eth0 } }\n        ipvlans: { i: { dev: eth0 } }",
      /eth0 carries macvlans: it cannot carry ipvlans as well/,
    ],
    [
      "a macvlan on a bridge port",
      "bridges: { b: }\n        dummies: { d: { bridge: b } }\n        macvlans: { m: { dev: d } }",
      /d is a port of b: it cannot carry macvlans as well/,
    ],
    ["a VLAN of a device that is not there", "vlans: { v: { id: 5, dev: eth9 } }", /red has no device "eth9"/],
    ["a VLAN on itself", "vlans: { v: { id: 5, dev: v } }", /"v" cannot be on itself/],
    [
      "a bond that is a bridge",
      "bridges: { br0: }\n        dummies: { d: { bond: br0 } }",
      /"br0" is a bridge, not a bond/,
    ],
    [
      "two masters",
      "bridges: { b: }\n        vrfs: { v: { table: 9 } }\n        dummies: { d: { bridge: b, vrf: v } }",
      /"d" is in bridge b already/,
    ],
    [
      "an address on a bond's link",
      "bonds: { b: {} }\n        dummies: { d: { bond: b, addresses: [10.1.0.1/24] } }",
      /addresses are those of b/,
    ],
    [
      "VLANs without filtering",
      "bridges: { b: }\n        dummies: { d: { bridge: b, pvid: 5 } }",
      /b does not filter by VLANs/,
    ],
    ["pvid on no bridge", "dummies: { d: { pvid: 5 } }", /pvid is a bridge port's setting, but "d" is on no bridge/],
    [
      "an IPv6 end of a tunnel over IPv4",
      'tunnels: { t: { type: gre, local: "fd00::1" } }',
      /of another family: gre goes over IPv4/,
    ],
    [
      "a MAC for a tunnel of IP",
      "tunnels: { t: { type: ipip, local: 10.0.0.1, mac: 02:00:00:00:00:01 } }",
      /it takes no mac/,
    ],
    ["a key without GRE", "tunnels: { t: { type: ipip, local: 10.0.0.1, key: 4 } }", /ipip has no key/],
    ["LACP without 802.3ad", "bonds: { b: { lacpRate: fast } }", /mode active-backup sends no LACP/],
    ["the main table for a VRF", "vrfs: { v: { table: 254 } }", /table 254 is that of the whole namespace/],
  ])("%s", (_name, text, message) => expect(diagnose(rawLab(`        ${text}`)).join("\n")).toMatch(message));
});
