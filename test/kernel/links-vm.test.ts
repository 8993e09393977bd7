/**
 * Devices that this kernel may lack, for real in a virtual machine (K8SNET_VM, else ../shared/tools/vmrun): each is built and sent
 * through, changed by hand and restored, removed, and built again by the script of its plan. Emulated: one call does it all.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { encodeScript } from "../../src/plan/script.ts";
import { PATIENCE, runGuest } from "../vm/guest.ts";
import type { LinksCase, LinksTold } from "../vm/links-guest.ts";
import { isVmThere } from "../vm/machine.ts";

type Asked = Pick<LinksCase, "ask" | "harm">;

function labCase(name: string, text: string, asked: Asked): LinksCase {
  const resources = planResources(loadLabText(text, `${name}.yaml`).lab);
  const { operations } = planOperations(name, resources);
  return { resources, ...asked, script: encodeScript({ lab: name, operations }) };
}

const lab = (name: string, topology: string): string =>
  `apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: ${name} }\nspec:\n  topology:\n${topology}`;

const ping = (ns: string, to: string, ...more: string[]) =>
  [ns, "sh", "-c", `ping -q -c 1 -W 5 ${more.join(" ")} ${to} >&2 && echo open || echo closed`] as const;

// a:eth0 <-> b:eth0, and a tunnel of each type between them
const TUNNELS = ["ipip", "sit", "gre", "gretap", "ip6tnl", "ip6gre", "ip6gretap"];
const tunnels = (own: number, other: number): string =>
  TUNNELS.map((type, i) => {
    const [local, remote] = type.startsWith("ip6")
      ? [`fd00::${own}`, `fd00::${other}`]
      : [`10.0.0.${own}`, `10.0.0.${other}`];
    const key = type.includes("gre") ? `, key: ${i}` : "";
    const address = type === "sit" ? `"fd01::${own}/64"` : `10.1.${i}.${own}/24`;
    return `t-${type}: { type: ${type}, local: "${local}", remote: "${remote}"${key}, addresses: [${address}] }`;
  }).join(", ");
const TUNNEL_LAB = lab(
  "tunnels",
  `    nodes:
      a: { interfaces: { eth0: { addresses: [10.0.0.1/24, "fd00::1/64"] } }, tunnels: { ${tunnels(1, 2)} } }
      b: { interfaces: { eth0: { addresses: [10.0.0.2/24, "fd00::2/64"] } }, tunnels: { ${tunnels(2, 1)} } }
    links: [{ endpoints: [a:eth0, b:eth0] }]
`,
);
/** WireGuard tries a handshake whose first packet is lost again after five seconds (REKEY_TIMEOUT). */
const handshake = (ns: string, to: string) =>
  [ns, "sh", "-c", `for i in 1 2 3 4; do ping -q -c 1 -W 5 ${to} >&2 && echo open && exit; done; echo closed`] as const;
const tunnelPings = TUNNELS.map((type, i) => ping("a", type === "sit" ? "fd01::2" : `10.1.${i}.2`));

// red1, red2: 10.0.0.0/24 and 10.0.1.0/24 in table 100; blue1, blue2: the same in table 200
const host = (name: string, net: number): string =>
  `      ${name}: { interfaces: { eth0: { addresses: [10.0.${net}.1/24] } }, routes: [{ to: default, via: 10.0.${net}.254 }] }\n`;
const VRF_LAB = lab(
  "vrfs",
  `    nodes:
      router:
        vrfs: { red: { table: 100 }, blue: { table: 200 } }
        interfaces:
          r1: { vrf: red, addresses: [10.0.0.254/24] }
          r2: { vrf: red, addresses: [10.0.1.254/24] }
          b1: { vrf: blue, addresses: [10.0.0.254/24] }
          b2: { vrf: blue, addresses: [10.0.1.254/24] }
        dummies: { d0: { vrf: blue, addresses: [10.9.9.9/32] } }
        sysctls: { net.ipv4.ip_forward: 1 }
${host("red1", 0)}${host("red2", 1)}${host("blue1", 0)}${host("blue2", 1)}      on:
        interfaces: { eth0: {} }
        ipvlans: { iv0: { dev: eth0, addresses: [10.5.0.1/24] } }
      mac:
        interfaces: { eth0: {} }
        macvlans: { mv0: { dev: eth0, mode: private, addresses: [10.6.0.1/24] } }
      far: { interfaces: { eth0: { addresses: [10.5.0.2/24] }, eth1: { addresses: [10.6.0.2/24] } } }
    links:
      - endpoints: [router:r1, red1:eth0]
      - endpoints: [router:r2, red2:eth0]
      - endpoints: [router:b1, blue1:eth0]
      - endpoints: [router:b2, blue2:eth0]
      - endpoints: [on:eth0, far:eth0]
      - endpoints: [mac:eth0, far:eth1]
`,
);

/** More than one message has room for, in either direction. */
const MANY_PEERS = Array.from({ length: 48 }, (_, peer) => ({
  publicKey: `${String.fromCodePoint(65 + (peer % 24)).repeat(41)}${peer % 2}${peer < 24 ? "A" : "E"}=`,
  allowedIPs: Array.from({ length: 60 }, (_one, i) => `10.100.${peer}.${i}/32`),
}));

// a:eth0 <-> b:eth0, and WireGuard between them, IPv4 and IPv6 inside; many: a device with prefixes of others
const WIREGUARD_LAB = lab(
  "wg",
  `    nodes:
      a:
        interfaces: { eth0: { addresses: [10.0.0.1/24] } }
        wireguards: { wg0: { addresses: [10.8.0.1/24, "fd08::1/64"], peers: [{ node: b, keepalive: 25 }] } }
      b:
        interfaces: { eth0: { addresses: [10.0.0.2/24] } }
        wireguards: { wg0: { listenPort: 7777, addresses: [10.8.0.2/24, "fd08::2/64"], peers: [{ node: a }] } }
      many:
        wireguards:
          wg0:
            peers: ${JSON.stringify(MANY_PEERS)}
    links: [{ endpoints: [a:eth0, b:eth0] }]
`,
);

const CASES: Readonly<Record<string, LinksCase>> = {
  vlan: labCase("vlan", readFileSync(join(import.meta.dirname, "../../labs/vlan.yaml"), "utf8"), {
    ask: [
      ping("red1", "10.0.10.2"),
      ping("red1", "10.0.20.2"),
      ["sw1", "sh", "-c", "bridge vlan show dev bond0 | grep -c '^bond0.*10$\\|^  *20$'"],
      ["router", "sh", "-c", "ip -d link show eth0.10 | grep -o 'vlan protocol 802.1Q id 10'"],
      ["sw1", "sh", "-c", "grep -c 'Slave Interface' /proc/net/bonding/bond0"],
    ],
    harm: [
      ["router", "ip", "link", "set", "eth0.10", "down"],
      ["sw1", "bridge", "vlan", "del", "dev", "p1", "vid", "10"],
      ["sw1", "ip", "link", "set", "b2", "nomaster"],
      ["sw2", "ip", "link", "set", "br0", "type", "bridge", "vlan_filtering", "0"],
    ],
  }),
  tunnels: labCase("tunnels", TUNNEL_LAB, {
    ask: tunnelPings,
    harm: [
      ["a", "ip", "link", "del", "t-gre"],
      ["b", "ip", "link", "set", "t-ipip", "type", "ipip", "remote", "10.0.0.9"],
      ["b", "ip", "link", "set", "t-sit", "down"],
    ],
  }),
  wg: labCase("wg", WIREGUARD_LAB, {
    ask: [
      handshake("a", "10.8.0.2"),
      handshake("b", "fd08::1"),
      ["a", "sh", "-c", "wg show wg0 endpoints | cut -f 2; wg show wg0 allowed-ips | cut -f 2"],
      ["many", "sh", "-c", "wg show wg0 allowed-ips | wc -w"],
    ],
    harm: [
      ["a", "sh", "-c", "wg set wg0 peer $(wg show wg0 peers) remove; wg set wg0 peer $(wg genkey | wg pubkey)"],
      ["b", "wg", "set", "wg0", "listen-port", "9999"],
    ],
  }),
  vrfs: labCase("vrfs", VRF_LAB, {
    ask: [
      ping("red1", "10.0.1.1"),
      ping("blue1", "10.0.1.1"),
      ping("blue1", "10.9.9.9"),
      ping("red1", "10.9.9.9"),
      ping("far", "10.5.0.1"),
      ping("far", "10.6.0.1"),
    ],
    harm: [
      ["router", "ip", "link", "set", "r1", "nomaster"],
      ["on", "ip", "link", "del", "iv0"],
      ["mac", "ip", "link", "set", "mv0", "down"],
      ["router", "ip", "link", "set", "d0", "nomaster"],
      ["router", "ip", "link", "set", "red", "down"],
    ],
  }),
};

test(
  "devices of every kind carry packets, are restored, go, and are what the script builds",
  async (context) => {
    if (!isVmThere()) return context.skip("needs a virtual machine");
    const modules = ["veth", "bridge", "8021q", "bonding", "ip6_tunnel"];
    const told = await runGuest<Record<string, LinksTold>>("links-guest.ts", CASES, modules);
    if (told === undefined) return context.skip("needs a virtual machine");
    const open = (count: number): string[] => Array.from({ length: count }, () => "open");
    const expected: Readonly<Record<string, readonly string[]>> = {
      vlan: ["open", "open", "2", "vlan protocol 802.1Q id 10", "2"],
      tunnels: open(7),
      wg: ["open", "open", "10.0.0.2:7777\n10.8.0.2/32 fd08::2/128", `${48 * 61}`],
      vrfs: ["open", "open", "open", "closed", "open", "open"],
    };
    const changes: Readonly<Record<string, readonly string[]>> = {
      vlan: ["update bridge:sw2:br0", "update bridgevlan:sw1:p1", "update veth:sw1:b2", "update vlan:router:eth0.10"],
      tunnels: ["create tunnel:a:t-gre", "create tunnel:b:t-ipip", "delete tunnel:b:t-ipip", "update tunnel:b:t-sit"],
      wg: ["update wireguard:a:wg0", "update wireguard:b:wg0"],
      vrfs: [
        "create ipvlan:on:iv0",
        "update dummy:router:d0",
        "update macvlan:mac:mv0",
        "update veth:router:r1",
        "update vrf:router:red",
      ],
    };
    for (const [name, one] of Object.entries(told)) {
      expect([name, one.built.failures, one.built.left]).toEqual([name, [], []]);
      expect([name, ...one.answers]).toEqual([name, ...(expected[name] ?? [])]);
      expect(one.harmed.filter((answer) => answer.startsWith("exit"))).toEqual([]);
      const devices = one.restored.done.filter((id) => !/ (addr|route|sysctl):/.test(id));
      expect([name, ...devices.toSorted()]).toEqual([name, ...(changes[name] ?? [])]);
      expect([name, one.restored.failures, one.restored.left]).toEqual([name, [], []]);
      expect([name, ...one.after]).toEqual([name, ...(expected[name] ?? [])]);
      expect([name, one.byHand]).toEqual([name, { said: "", left: [] }]);
      expect([name, ...one.afterHand]).toEqual([name, ...(expected[name] ?? [])]);
      expect([name, one.down.failures, one.down.left]).toEqual([name, [], []]);
      expect([name, one.script, ...one.scripted]).toEqual([name, "", ...(expected[name] ?? [])]);
    }
  },
  PATIENCE,
);
