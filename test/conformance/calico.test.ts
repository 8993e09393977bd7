/**
 * Calico's own test tables: names, chains with their hashes, selectors. Compared as text; test/kernel/calico.test.ts judges packets by
 * the same rules. Cases about what is not built here (OpenStack, WireGuard, eBPF) are left out by their context.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FelixConfig, FelixMarks, ProtoPort } from "../../src/cluster/cni/calico/felix/config.ts";
import {
  endpointMarkChains,
  hostDispatchChains,
  workloadDispatchChains,
} from "../../src/cluster/cni/calico/felix/dispatch-chains.ts";
import { endpointMarks } from "../../src/cluster/cni/calico/felix/endpoint-marks.ts";
import { policyGroupChain } from "../../src/cluster/cni/calico/felix/endpoint-chains.ts";
import { policyRule, splitPorts } from "../../src/cluster/cni/calico/felix/policy-rules.ts";
import type { FelixPolicyRule } from "../../src/cluster/cni/calico/felix/policy-rules.ts";
import { natOutgoingChain, natOutputChain, natPreroutingChain } from "../../src/cluster/cni/calico/felix/nat-chains.ts";
import { ruleHashes, ruleText } from "../../src/cluster/cni/calico/felix/iptables.ts";
import type { FelixChain } from "../../src/cluster/cni/calico/felix/rule.ts";
import {
  failsafeIn,
  failsafeOut,
  forwardChain,
  inputChain,
  manglePreroutingChain,
  outputChain,
  rawPreroutingChain,
  workloadToHostChain,
} from "../../src/cluster/cni/calico/felix/static-chains.ts";
import {
  caliDevice,
  lengthLimitedId,
  nflogEndOfTier,
  nflogNoProfile,
  nflogPrefix,
  policyChain,
  policyText,
} from "../../src/cluster/cni/calico/names.ts";
import { Ipam } from "../../src/cluster/cni/calico/ipam.ts";
import type { IpPoolModel } from "../../src/kube/ip-pool/ip-pool.ts";
import { formatAddress, parseAddress } from "../../src/net/address.ts";
import { SelectorError } from "../../src/kube/calico/selector-tokens.ts";
import { parseSelector, selects } from "../../src/kube/calico/selector.ts";
import { CONFORMANCE, absence, withReason } from "./data.ts";

const reason = absence("calico");

/** Cases of a set, of whichever halves are there. */
function cases<T>(set: string): readonly (T & { readonly index: number })[] {
  if (reason !== undefined) return [];
  return ["visible", "heldout"].flatMap((half) => {
    const file = join(CONFORMANCE, "calico", `${half}-${set}.json`);
    if (!existsSync(file)) return [];
    return (JSON.parse(readFileSync(file, "utf8")) as { cases: readonly (T & { readonly index: number })[] }).cases;
  });
}

interface Chain {
  readonly name: string;
  readonly rules: readonly { readonly text: string; readonly hash: string }[];
}

function written({ name, rules }: FelixChain): Chain {
  const texts = rules.map(ruleText);
  const hashes = ruleHashes(name, texts);
  return { name, rules: texts.map((text, i) => ({ text, hash: hashes[i] ?? "" })) };
}

interface NameCase {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** The name that a case is about. */
function nameOf(one: NameCase): string | undefined {
  const text = (field: string): string => one[field] as string;
  const lower = (one["policy"] ?? {}) as Readonly<Record<string, string>>;
  const policy = Object.fromEntries(Object.entries(lower).map(([key, value]) => [key.toLowerCase(), value]));
  const id = policyText(policy as never);
  switch (one.kind) {
    case "length-limited-id":
      return lengthLimitedId(text("prefix"), text("suffix"), one["max"] as number);
    case "policy-chain":
      return policyChain(one["direction"] === "ingress" ? "i" : "o", id);
    case "nflog-prefix":
      return nflogPrefix(
        text("action") as "A",
        text("owner") as "P",
        text("direction") as "I",
        one["rule"] as number,
        id,
      );
    case "nflog-prefix-end-of-tier-drop":
      return nflogEndOfTier("D", text("direction") as "I", text("tier"));
    case "nflog-prefix-end-of-tier-pass":
      return nflogEndOfTier("P", text("direction") as "I", text("tier"));
    case "nflog-prefix-no-profile-match":
      return nflogNoProfile(text("direction") as "I");
    case "veth-name":
      return caliDevice(text("namespace"), text("pod"));
    default:
      return undefined;
  }
}

describe.skipIf(reason !== undefined)(withReason("Calico's names", reason), () => {
  for (const one of cases<NameCase>("names"))
    it(`${one.index} ${one.kind}`, () => {
      if (one.kind !== "rule-hash") {
        expect(nameOf(one)).toBe(one["expect"]);
        return;
      }
      const rules = one["rules"] as Chain["rules"];
      expect(
        ruleHashes(
          one["chain"] as string,
          rules.map(({ text }) => text),
        ),
      ).toEqual(rules.map(({ hash }) => hash));
    });
});

const DISPATCH_MARKS = { endpoint: 0xff00, nonCaliEndpoint: 0x100 } as FelixMarks;

describe.skipIf(reason !== undefined)(withReason("Calico's dispatch chains", reason), () => {
  interface Case {
    readonly table: string;
    readonly title: string;
    readonly input: readonly (readonly string[] | null)[];
    readonly ipvs?: boolean;
    readonly chains: readonly Chain[];
  }
  /** What a table of host endpoints is about. */
  const HOSTS: Readonly<Record<string, Parameters<typeof hostDispatchChains>[1]>> = {
    preDNAT: { from: true },
    untracked: { from: true, to: true },
    "apply on forward": { from: true, to: true, forward: true },
    "apply on forward, with default interface name": { from: true, to: true, forward: true, any: "eth-default" },
  };
  for (const one of cases<Case>("dispatch-chains").filter(({ table }) => !table.startsWith("workload")))
    it(`${one.index} ${one.table} ${one.title}`, () => {
      const how = HOSTS[one.table.replace("host endpoint rendering tests ", "")];
      if (how === undefined) throw new Error(one.table);
      const devices = one.input[0] ?? [];
      expect(hostDispatchChains(devices, how).map(written)).toEqual(one.chains);
    });
  for (const one of cases<Case>("dispatch-chains").filter(({ table }) => table.startsWith("workload")))
    it(`${one.index} ${one.title}`, () => {
      const devices = one.input[0] ?? [];
      const marks = endpointMarks(devices.toSorted(), DISPATCH_MARKS);
      const config = { marks: DISPATCH_MARKS, deny: "DROP", verdictMaps: false } as const;
      const made = [
        ...workloadDispatchChains(devices, config),
        ...(one.ipvs === true ? endpointMarkChains(devices, [], marks, config) : []),
      ].map(written);
      // The table's node has OpenStack's devices, tap+, as well.
      const expected = one.chains.filter(({ name }) => name !== "cali-set-endpoint-mark");
      expect(made.filter(({ name }) => name !== "cali-set-endpoint-mark")).toEqual(expected);
      const root = one.chains.find(({ name }) => name === "cali-set-endpoint-mark");
      expect(made.find(({ name }) => name === "cali-set-endpoint-mark")?.rules.map(({ text }) => text)).toEqual(
        root?.rules.map(({ text }) => text).filter((text) => !text.includes("tap+")),
      );
    });
});

/** The table's values are Go literals. */
function goString(text: string | undefined): string | undefined {
  return text?.replaceAll('"', "");
}

describe.skipIf(reason !== undefined)(withReason("Calico's natOutgoing", reason), () => {
  interface Case {
    readonly title: string;
    readonly chain: Chain;
    readonly config?: Readonly<Record<string, string>>;
  }
  for (const one of cases<Case>("nat-outgoing-chains"))
    it(`${one.index} ${one.title}`, () => {
      const config = one.config ?? {};
      const range = /\((\d+), (\d+)\)/.exec(config["NATPortRange"] ?? "");
      const made = natOutgoingChain(
        one.chain.rules.length > 0,
        {
          address: config["NATOutgoingAddress"] === undefined ? undefined : "192.168.0.1",
          ports: range === null ? undefined : `${range[1]}-${range[2]}`,
          device: goString(config["IptablesNATOutgoingInterfaceFilter"]),
          sparesHosts: config["NATOutgoingExclusions"]?.includes("HostIPs"),
          poolsSet: "network-ip-pools",
        },
        "ipv4",
      );
      expect(written(made)).toEqual(one.chain);
    });
});

const STATIC_MARKS: FelixMarks = {
  accept: 16,
  pass: 32,
  scratch0: 64,
  scratch1: 128,
  drop: 512,
  endpoint: 1_044_480,
  nonCaliEndpoint: 4096,
};
const tcp = (port: number, net: string): ProtoPort => ({ protocol: "tcp", port, net });
/** Of the table's test (felix/rules/static_test.go). */
const STATIC: FelixConfig = {
  marks: STATIC_MARKS,
  ipip: false,
  vxlan: false,
  vxlanPort: 4789,
  tunnels: [],
  ipvs: false,
  allow: "ACCEPT",
  mangleAllow: "ACCEPT",
  deny: "DROP",
  endpointToHost: "RETURN",
  failsafeIn: [tcp(22, "0.0.0.0/0"), tcp(1022, "10.0.0.0/24"), tcp(1022, "::/0")],
  failsafeOut: [tcp(23, "0.0.0.0/0"), tcp(1023, "0.0.0.0/0")],
  maxChainName: 28,
  flowLogs: false,
  verdictMaps: false,
  dscp: true,
};

describe.skipIf(reason !== undefined)(withReason("Calico's static chains", reason), () => {
  interface Case {
    readonly title: string;
    readonly context: string;
    readonly chain: Chain;
    readonly condition?: string;
  }
  const ABSENT = /openstack|WireGuard|BPF/i;
  for (const one of cases<Case>("static-chains").filter(
    ({ context, title }) => !ABSENT.test(`${context.replace(/^IPv4 enabled.*/, "WireGuard")} ${title}`),
  ))
    it(`${one.index} ${one.title}, ${one.context}`, () => {
      const isAbout = (word: string): boolean => one.title.includes(word);
      const texts = one.chain.rules.map(({ text }) => text).join("\n");
      // Of failsafes, IPv4's are the longer ones.
      const isShort = isAbout("Failsafe") && one.chain.rules.length < 2;
      const family =
        isShort || isAbout("IPIPV6") || isAbout("IPv6") || texts.includes("cali60") || texts.includes("::")
          ? "ipv6"
          : "ipv4";
      const ipip = one.context.includes("IPIP enabled");
      const config: FelixConfig = {
        ...STATIC,
        ipip,
        ipvs: isAbout("IPVS") && !isAbout("NoIPVS"),
        allow: one.context.includes("RETURN accept action") ? "RETURN" : "ACCEPT",
        mangleAllow: one.context.includes("RETURN accept action") ? "RETURN" : "ACCEPT",
        deny: texts.includes("REJECT") ? "REJECT" : "DROP",
      };
      const made: Readonly<Record<string, () => FelixChain>> = {
        "cali-INPUT": () => inputChain(config, family),
        "cali-FORWARD": () => forwardChain(config),
        "cali-OUTPUT": () => (isAbout("NAT") ? natOutputChain : outputChain(config, family)),
        "cali-wl-to-host": () => workloadToHostChain(config, family),
        "cali-failsafe-in": () => failsafeIn(config, isAbout("Raw") ? "raw" : "filter", family),
        "cali-failsafe-out": () => failsafeOut(config, isAbout("Raw") ? "raw" : "filter", family),
        "cali-PREROUTING": () =>
          isAbout("NAT")
            ? natPreroutingChain
            : isAbout("mangle")
              ? manglePreroutingChain(config)
              : rawPreroutingChain(config),
      };
      const make = made[one.chain.name];
      if (make === undefined) throw new Error(`no chain ${one.chain.name}`);
      expect(written(make())).toEqual(one.chain);
    });
});

describe.skipIf(reason !== undefined)(withReason("Calico's policy groups", reason), () => {
  interface Case {
    readonly direction: string;
    readonly selector: string;
    readonly policies: readonly { readonly Name: string; readonly Kind: string; readonly Namespace?: string }[];
    readonly computedName: string;
    readonly rules: readonly string[];
  }
  for (const one of cases<Case>("policy-group-chains"))
    it(`${one.index} ${one.policies.length} policies`, () => {
      const policies = one.policies.map(({ Name: name, Kind: kind, Namespace: namespace }) => {
        const id = { name, kind, namespace };
        return { ...id, text: policyText(id) };
      });
      const group = { selector: one.selector, policies };
      const made = policyGroupChain(one.direction === "inbound" ? "i" : "o", group, {
        marks: { accept: 8, pass: 16 } as FelixMarks,
        maxChainName: 28,
      });
      expect(made.name).toBe(one.computedName);
      expect(made.rules.map(ruleText)).toEqual(one.rules);
    });
});

describe.skipIf(reason !== undefined)(withReason("Calico's selectors", reason), () => {
  interface Case {
    readonly selector: string;
    readonly invalid?: boolean;
    readonly matches?: readonly Readonly<Record<string, string>>[];
    readonly nonMatches?: readonly Readonly<Record<string, string>>[];
  }
  for (const one of cases<Case>("selectors"))
    it(`${one.index} ${one.selector}`, () => {
      if (one.invalid === true) {
        expect(() => parseSelector(one.selector)).toThrow(SelectorError);
        return;
      }
      const node = parseSelector(one.selector);
      for (const labels of one.matches ?? []) expect(selects(node, labels), JSON.stringify(labels)).toBe(true);
      for (const labels of one.nonMatches ?? []) expect(selects(node, labels), JSON.stringify(labels)).toBe(false);
    });
});

describe.skipIf(reason !== undefined)(withReason("Calico's IPAM", reason), () => {
  interface Pool {
    readonly CIDR: string;
    readonly BlockSize: number;
    readonly Enabled: boolean;
    readonly AllowedUses?: readonly ("Workload" | "Tunnel")[];
  }
  interface Expectation {
    readonly count: number;
    readonly messages: readonly string[];
  }
  interface Case {
    readonly table: string;
    readonly title: string;
    readonly host: string;
    readonly pools: readonly (Pool | string)[];
    readonly usePool: string;
    readonly num4: number;
    readonly num6: number;
    readonly expect4: Expectation | null;
    readonly expect6: Expectation | null;
    readonly maxBlocksPerHost: number;
    readonly strictAffinity: boolean;
    readonly error: string | null;
    readonly ip?: string;
  }
  interface SelectCase {
    readonly table: string;
    readonly title: string;
    readonly pool1Enabled: boolean;
    readonly pool2Enabled: boolean;
    readonly pool1Selector: string;
    readonly pool2Selector: string;
    readonly requestPool1: boolean;
    readonly requestPool2: boolean;
    readonly expect: readonly string[];
    readonly error: boolean;
    readonly nodeLabels: Readonly<Record<string, string>>;
  }
  const cause = { object: "IPPool", reason: "test" };
  const poolOf = (name: string, cidr: string, blockSize: number, more: Partial<IpPoolModel> = {}): IpPoolModel => ({
    name,
    cidr,
    family: cidr.includes(":") ? "ipv6" : "ipv4",
    blockSize,
    ipip: "Never",
    vxlan: "Never",
    natOutgoing: false,
    disabled: false,
    nodeSelector: "",
    uses: ["Workload", "Tunnel"],
    cause,
    ...more,
  });

  for (const one of cases<Case>("ipam").filter(({ table }) => table === "AutoAssign"))
    it(`${one.index} ${one.title}`, () => {
      const [wanted, use] = one.usePool.split("+");
      const ipam = new Ipam(
        one.pools.map((pool) => {
          if (typeof pool === "string") throw new TypeError("a pool as text");
          const { CIDR, BlockSize, Enabled, AllowedUses } = pool;
          return poolOf(CIDR, CIDR, BlockSize, { disabled: !Enabled, ...(AllowedUses ? { uses: AllowedUses } : {}) });
        }),
        {
          strictAffinity: one.strictAffinity,
          maxBlocksPerHost: one.maxBlocksPerHost === 0 ? 20 : one.maxBlocksPerHost,
        },
      );
      for (const [family, number, expected] of [
        ["ipv4", one.num4, one.expect4],
        ["ipv6", one.num6, one.expect6],
      ] as const) {
        const pools = ipam
          .poolsFor({ name: one.host, labels: {} }, family, use === "tunnel" ? "Tunnel" : "Workload")
          .filter(({ pool }) => wanted === "any" || family === "ipv6" || pool.cidr === wanted);
        const found = Array.from({ length: number }, (_, i) => ipam.assign(one.host, pools, `pod${i}`));
        const addresses = found.filter((it) => typeof it === "object").map(formatAddress);
        expect(new Set(addresses).size).toBe(addresses.length);
        expect(addresses.length).toBe(expected?.count ?? 0);
        const shortage = found.find((it) => typeof it === "string");
        if (number > 0 && one.error === "ErrNoQualifiedPool") expect(shortage).toBe("no pool");
        const [message] = expected?.messages ?? [];
        const about = {
          "block limit": /limit of \d+ blocks/,
          "strict affinity": /strict affinity/,
          exhausted: /No IPs available/,
        };
        if (message !== undefined) expect(message).toMatch(about[shortage as keyof typeof about]);
      }
    });

  for (const one of cases<Case>("ipam").filter(({ table, error }) => table === "AssignIP" && error === null))
    it(`${one.index} ${one.title}`, () => {
      const pools = one.pools.map((cidr) => {
        if (typeof cidr !== "string") throw new TypeError("not a prefix");
        return poolOf(cidr, cidr, cidr.includes(":") ? 122 : 26);
      });
      const pool = new Ipam(pools, { strictAffinity: false, maxBlocksPerHost: 20 }).podPool(
        { name: one.host, labels: {} },
        one.ip?.includes(":") === true ? "ipv6" : "ipv4",
      );
      const address = parseAddress(one.ip ?? "");
      if (address === undefined) throw new TypeError("no address");
      expect(pool.has(address)).toBe(true);
      expect(pool.take(address, "first")).toBeUndefined();
      expect(pool.take(address, "second")).toBe("first");
    });

  for (const one of cases<SelectCase>("ipam").filter(
    ({ table, requestPool1, requestPool2 }) => table.startsWith("determinePools") && !requestPool1 && !requestPool2,
  ))
    it(`${one.index} ${one.table}: ${one.title}`, () => {
      const family = one.table.endsWith("IPV6") ? "ipv6" : "ipv4";
      const [first, second, size] =
        family === "ipv4" ? ["10.1.0.0/24", "10.2.0.0/24", 26] : ["fd00::/116", "fd01::/116", 122];
      const ipam = new Ipam(
        [
          poolOf("pool1", String(first), Number(size), {
            disabled: !one.pool1Enabled,
            nodeSelector: one.pool1Selector,
          }),
          poolOf("pool2", String(second), Number(size), {
            disabled: !one.pool2Enabled,
            nodeSelector: one.pool2Selector,
          }),
        ],
        { strictAffinity: false, maxBlocksPerHost: 20 },
      );
      const found = ipam.poolsFor({ name: "node", labels: one.nodeLabels }, family, "Workload");
      expect(found.map(({ pool }) => pool.name)).toEqual(one.expect ?? []);
    });
});

describe.skipIf(reason !== undefined)(withReason("Calico's policy rules", reason), () => {
  interface Port {
    readonly First: number;
    readonly Last: number;
  }
  type Fields = Readonly<Record<string, unknown>>;
  interface Case {
    readonly kind: string;
    readonly title: string;
    readonly ipVersion: 4 | 6;
    readonly flowLogs?: boolean;
    readonly rule: Fields;
    readonly ports?: readonly Port[];
    readonly expect: unknown;
  }
  const MARKS = { accept: 0x80, pass: 0x100, scratch0: 0x200, scratch1: 0x400, drop: 0x800 } as FelixMarks;
  const rangesOf = (ports: readonly Port[] = []) => ports.map(({ First: first, Last: last }) => ({ first, last }));
  const end = (fields: Fields, prefix: string) => ({
    nets: fields[`${prefix}Net`] as string[],
    sets: fields[`${prefix}IpSetIds`] as string[],
    ports: rangesOf(fields[`${prefix}Ports`] as Port[]),
    namedPorts: [
      ...((fields[`${prefix}IpPortSetIds`] as string[] | undefined) ?? []),
      ...((fields[`${prefix}NamedPortIpSetIds`] as string[] | undefined) ?? []),
    ],
  });
  const icmp = (fields: Fields, name: string) => {
    const one = fields[name] as Readonly<Record<string, unknown>> | undefined;
    if (one === undefined) return undefined;
    const [value] = Object.values(one);
    if (typeof value === "number") return { type: value };
    const { Type, Code } = value as { readonly Type: number; readonly Code: number };
    return { type: Type, code: Code };
  };
  const read = (fields: Fields): FelixPolicyRule => ({
    action: (fields["Action"] as FelixPolicyRule["action"] | undefined) ?? "allow",
    protocol: fields["Protocol"] as string,
    notProtocol: fields["NotProtocol"] as string,
    source: { ...end(fields, "Src"), not: end(fields, "NotSrc") },
    destination: { ...end(fields, "Dst"), not: end(fields, "NotDst") },
    icmp: icmp(fields, "Icmp"),
    notIcmp: icmp(fields, "NotIcmp"),
  });
  for (const one of cases<Case>("policy-rules"))
    it(`${one.index} ${one.kind}: ${one.title}`, () => {
      if (one.kind === "port-split") {
        const lists = splitPorts(rangesOf(one.ports)).map((list) =>
          list.map(({ first: First, last: Last }) => ({ First, Last })),
        );
        expect(lists).toEqual(one.expect ?? []);
        return;
      }
      const nflog = (verdict: "A" | "D" | "P") => ({
        group: 1,
        prefix: nflogPrefix(verdict, "P", "I", 0, "gnp/default.foo"),
      });
      const made = policyRule(read(one.rule), one.ipVersion === 6 ? "ipv6" : "ipv4", {
        marks: MARKS,
        deny: "DROP",
        ...(one.flowLogs === true ? { nflog } : {}),
      }).map(ruleText);
      // Older kernels' option, which the table has.
      const lines = made.map((line) => `-A test ${line.replace("--nflog-size", "--nflog-range")}`);
      if (one.kind === "rule-match") {
        const [first = ""] = made;
        expect(first.replace(/ ?--jump .*$/, "")).toBe(one.expect);
      } else expect(lines).toEqual(one.expect);
    });
});
