/**
 * A raw lab for tests of checks, as resources and as the Lab that the checks see.
 *
 *     red (10.1.0.2, fd00:1::2) eth0 <-> red0 gw blue0 <-> eth0 (10.2.0.2, fd00:2::2) blue
 *
 * gw forwards, masquerades IPv4 towards blue, drops TCP port 7 and everything to 10.2.0.7. blue serves 80/tcp and 53/udp.
 */
import { NodeDraft } from "../../src/fabric/node-draft.ts";
import type { Check } from "../../src/lab/check.ts";
import type { Lab } from "../../src/lab/lab.ts";
import type { Target } from "../../src/net/target.ts";
import type { CaptureSpec } from "../../src/lab/capture.ts";
import type { Family } from "../../src/net/family.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { made } from "./agent-lab.ts";

const source = { file: "check.yaml", line: 1, column: 1 };
const cause = { source, object: "test", reason: "for the test" };

const ADDRESSES: Readonly<Record<string, Readonly<Record<string, Readonly<Record<Family, string>>>>>> = {
  red: { eth0: { ipv4: "10.1.0.2/24", ipv6: "fd00:1::2/64" } },
  gw: { red0: { ipv4: "10.1.0.1/24", ipv6: "fd00:1::1/64" }, blue0: { ipv4: "10.2.0.1/24", ipv6: "fd00:2::1/64" } },
  blue: { eth0: { ipv4: "10.2.0.2/24", ipv6: "fd00:2::2/64" } },
};
const GATEWAYS = {
  red: { ipv4: "10.1.0.1", ipv6: "fd00:1::1" },
  blue: { ipv4: "10.2.0.1", ipv6: "fd00:2::1" },
} as const;

export function checkLabResources(): Resource[] {
  const rule = (...args: string[]): { args: string[]; cause: typeof cause } => ({ args, cause });
  const veth = (ns: string, peerName: string): Resource =>
    made("veth", ns, ["eth0"], { name: "eth0", up: true, peer: { ns: "gw", node: "gw", name: peerName, up: true } });
  const forward = { "net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1" };
  return [
    ...["red", "gw", "blue"].map((ns) => made("netns", ns, [], { role: "host" })),
    // No duplicate address detection: addresses are there at once.
    ...["red", "gw", "blue"].flatMap((ns) =>
      ["default", "all"].map((dev) =>
        made("sysctl", ns, [`net.ipv6.conf.${dev}.accept_dad`], { key: `net.ipv6.conf.${dev}.accept_dad`, value: "0" }),
      ),
    ),
    veth("red", "red0"),
    veth("blue", "blue0"),
    ...Object.entries(ADDRESSES).flatMap(([ns, devices]) =>
      Object.entries(devices).flatMap(([dev, families]) =>
        (["ipv4", "ipv6"] as const).map((family) =>
          made("addr", ns, [dev, families[family]], { dev, address: families[family], family }),
        ),
      ),
    ),
    ...(["red", "blue"] as const).flatMap((ns) =>
      (["ipv4", "ipv6"] as const).map((family) => {
        const to = family === "ipv4" ? "0.0.0.0/0" : "::/0";
        return made("route", ns, [to], {
          family,
          to,
          type: "unicast",
          via: GATEWAYS[ns][family],
          onlink: false,
          table: 254,
        });
      }),
    ),
    ...Object.entries(forward).map(([key, value]) => made("sysctl", "gw", [key], { key, value })),
    made("iptables", "gw", ["ipv4", "nat"], {
      family: "ipv4",
      table: "nat",
      chains: [{ name: "POSTROUTING", builtin: true, rules: [rule("-o", "blue0", "-j", "MASQUERADE")] }],
    }),
    made("iptables", "gw", ["ipv4", "filter"], {
      family: "ipv4",
      table: "filter",
      chains: [
        {
          name: "FORWARD",
          builtin: true,
          rules: [rule("-p", "tcp", "--dport", "7", "-j", "DROP"), rule("-d", "10.2.0.7/32", "-j", "DROP")],
        },
      ],
    }),
    made("server", "blue", ["tcp", 80], { protocol: "tcp", port: 80, hostname: "blue" }),
    made("server", "blue", ["udp", 53], { protocol: "udp", port: 53, hostname: "blue" }),
  ];
}

export function target(ns: string, iface?: string): Target {
  const addresses: Partial<Record<Family, string>> = {};
  const [first] = Object.values(ADDRESSES[ns] ?? {});
  for (const family of ["ipv4", "ipv6"] as const) {
    const address = first?.[family].split("/")[0];
    if (address !== undefined) addresses[family] = address;
  }
  return { text: iface === undefined ? ns : `${ns}/${iface}`, ns, node: ns, iface, addresses, cause };
}

type Loose = { readonly kind: Check["kind"]; readonly name: string } & Record<string, unknown>;

/** A check with defaults filled as the loader fills them. */
export function check(given: Loose): Check {
  return {
    source,
    within: 5000,
    timeout: 1000,
    families: ["ipv4"],
    expectFailure: false,
    ...given,
  } as unknown as Check;
}

export function checkLab(
  name: string,
  checks: readonly Check[],
  captures: readonly Omit<CaptureSpec, "source" | "snaplen">[] = [],
): Lab {
  const node = (ns: string, devices: Readonly<Record<string, Readonly<Record<Family, string>>>>) => {
    const draft = new NodeDraft(ns, "host", cause);
    for (const [dev, families] of Object.entries(devices)) {
      const addresses = Object.values(families).map((address) => ({ address, cause }));
      draft.addInterface({ name: dev, addresses, cause });
    }
    return draft.finish();
  };
  return {
    name,
    file: "check.yaml",
    source,
    clusters: [],
    topology: {
      nodes: Object.entries(ADDRESSES).map(([ns, devices]) => node(ns, devices)),
      links: [],
    },
    captures: captures.map((capture) => ({ snaplen: 262_144, source, ...capture })),
    checks,
    families: ["ipv4", "ipv6"],
  };
}
