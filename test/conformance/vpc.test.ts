/**
 * The VPC CNI's own test tables: rules, CONNMARK, names, routing tables, pods per instance type. Compared as text;
 * test/kernel/vpc.test.ts judges packets by the same rules.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  HostTables,
  removeConnmark,
  removeStaleChains,
  setUpConnmark,
  setUpHost,
} from "../../src/cluster/cni/vpc/host-rules.ts";
import type { HostRule, HostRuleSettings } from "../../src/cluster/cni/vpc/host-rules.ts";
import { instanceTypes, maxPods } from "../../src/cluster/cni/vpc/instance-type.ts";
import { eniTable, hostVethName, hostVethSuffix, oldEniTable } from "../../src/cluster/cni/vpc/names.ts";
import { CONFORMANCE, absence, withReason } from "./data.ts";

const reason = absence("aws-vpc-cni");

/** Cases of a set, of whichever halves are there. */
function cases<T>(set: string): readonly (T & { readonly index: number })[] {
  if (reason !== undefined) return [];
  return ["visible", "heldout"].flatMap((half) => {
    const file = join(CONFORMANCE, "aws-vpc-cni", `${half}-${set}.json`);
    if (!existsSync(file)) return [];
    return (JSON.parse(readFileSync(file, "utf8")) as { cases: readonly (T & { readonly index: number })[] }).cases;
  });
}

type Words = readonly string[];
type Table = HostRule["table"];

const SETTINGS: HostRuleSettings = {
  vpcCIDRs: [],
  excludedCIDRs: [],
  externalSNAT: false,
  nodePorts: true,
  ipv6Egress: false,
  random: "none",
  mark: 0x80,
  vethPrefix: "eni",
  device: "eth0",
  address: "10.10.10.20",
};

const ruleOf = (table: Table, chain: string, words: Words): HostRule => ({ table, chain, words, reason: "" });

/** As the tables of the tests are written: chains of its own begin with themselves; built-in ones without rules are absent. */
function written({ chains }: HostTables): Record<string, Record<string, Words[]>> {
  const all: Record<string, Record<string, Words[]>> = {};
  for (const [key, rules] of chains) {
    const [table = "", name = ""] = key.split(" ");
    const own = name.startsWith("AWS-") ? [["-N", name]] : [];
    const lines = [...own, ...rules.map(({ words }) => words)];
    if (lines.length > 0) (all[table] ??= {})[name] = lines;
  }
  return all;
}

describe.skipIf(reason !== undefined)(withReason("the VPC CNI's iptables rules", reason), () => {
  interface Case {
    readonly title: string;
    readonly config: {
      readonly useExternalSNAT?: boolean;
      readonly nodePortSupportEnabled?: boolean;
      readonly excludeSNATCIDRs?: readonly string[];
      readonly mainENIMark?: number;
      readonly vethPrefix: string;
    };
    readonly vpcCIDRs: readonly string[] | null;
    readonly primaryAddress: string;
    readonly primaryInterface: string;
    readonly before: readonly (readonly [string, Table, string, ...(string | number)[]])[];
    readonly expectTables: Readonly<Record<string, Readonly<Record<string, readonly Words[]>>>>;
  }
  for (const one of cases<Case>("iptables-rules"))
    it(`${one.index} ${one.title}`, () => {
      const { config, expectTables: expected } = one;
      const tables = new HostTables();
      for (const [verb, table, chain, ...words] of one.before) {
        const rules = tables.chain(table, chain);
        if (verb === "Insert") rules.splice(Number(words[0]) - 1, 0, ruleOf(table, chain, words.slice(1).map(String)));
        if (verb === "Append") rules.push(ruleOf(table, chain, words.map(String)));
      }
      // The table leaves out switches that a test sets for all of its cases; what they do shows in the result.
      const marks = JSON.stringify(expected["mangle"] ?? {}).includes("--set-mark");
      setUpHost(tables, {
        ...SETTINGS,
        vpcCIDRs: one.vpcCIDRs ?? [],
        excludedCIDRs: config.excludeSNATCIDRs ?? [],
        externalSNAT: config.useExternalSNAT ?? false,
        nodePorts: config.nodePortSupportEnabled ?? marks,
        ipv6Egress: expected["filter"] !== undefined,
        mark: config.mainENIMark ?? 0x80,
        vethPrefix: config.vethPrefix,
        device: one.primaryInterface,
        address: one.primaryAddress,
      });
      if (one.title.includes("StaleAWSChains")) removeStaleChains(tables);
      expect(written(tables)).toEqual(expected);
    });
});

describe.skipIf(reason !== undefined)(withReason("the VPC CNI's CONNMARK rules", reason), () => {
  type Named = readonly [chain: string, words: Words];
  interface Step {
    readonly before?: readonly Named[];
    readonly setup?: readonly string[];
    readonly cleanup?: boolean;
    readonly present?: readonly Named[];
    readonly absent?: readonly Named[];
    readonly chainAbsent?: string;
    readonly errorContains?: string;
  }
  for (const one of cases<{ readonly title: string; readonly steps: readonly Step[] }>("connmark"))
    it(`${one.index} ${one.title}`, () => {
      const tables = new HostTables();
      const has = ([chain, words]: Named): boolean =>
        tables.chain("nat", chain).some((rule) => JSON.stringify(rule.words) === JSON.stringify(words));
      for (const step of one.steps) {
        for (const [chain, words] of step.before ?? []) tables.chain("nat", chain).push(ruleOf("nat", chain, words));
        const act = (): void => {
          if (step.cleanup === true) removeConnmark(tables, SETTINGS);
          if (step.setup !== undefined) setUpConnmark(tables, { ...SETTINGS, vpcCIDRs: step.setup });
        };
        if (step.errorContains === undefined) act();
        else expect(act).toThrow(step.errorContains);
        expect((step.present ?? []).filter((rule) => !has(rule))).toEqual([]);
        if (step.chainAbsent !== undefined) expect([...tables.chains.keys()]).not.toContain(`nat ${step.chainAbsent}`);
        expect((step.absent ?? []).filter(has)).toEqual([]);
      }
    });
});

describe.skipIf(reason !== undefined)(withReason("the VPC CNI's names and tables", reason), () => {
  interface Case {
    readonly kind: string;
    readonly prefix?: string;
    readonly podNamespace?: string;
    readonly podName?: string;
    readonly deviceNumber?: number;
    readonly networkCardIndex?: number;
    readonly maxENIsPerNetworkCard?: number;
    readonly expect?: string;
    readonly expectedTableNumber?: number;
  }
  for (const one of cases<Case>("names-and-tables"))
    it(`${one.index} ${one.kind}`, () => {
      const { prefix = "", podNamespace = "", podName = "", deviceNumber = 0, networkCardIndex = 0 } = one;
      const made: Readonly<Record<string, () => string | number>> = {
        "host-veth-name": () => hostVethName(prefix, podNamespace, podName),
        "host-veth-suffix": () => hostVethSuffix(podNamespace, podName),
        CalculateRouteTableId: () => eniTable(deviceNumber, networkCardIndex),
        CalculateOldRouteTableId: () => oldEniTable(deviceNumber, networkCardIndex, one.maxENIsPerNetworkCard ?? 0),
      };
      const make = made[one.kind];
      if (make === undefined) throw new Error(`no names of kind ${one.kind}`);
      expect(make()).toBe(one.expect ?? one.expectedTableNumber);
    });
});

describe.skipIf(reason !== undefined)(withReason("pods per instance type", reason), () => {
  interface Case {
    readonly instance: string;
    readonly maxPods: number;
    readonly eni: number;
    readonly ipv4PerEni: number;
    readonly hypervisor: string;
    readonly bareMetal: boolean;
    readonly networkCards: number;
  }
  it("all of them", () => {
    const types = instanceTypes();
    const wrong = cases<Case>("max-pods").filter((one) => {
      const type = types.get(one.instance);
      return (
        type === undefined ||
        maxPods(type) !== one.maxPods ||
        type.enis !== one.eni ||
        type.addresses !== one.ipv4PerEni ||
        type.hypervisor !== one.hypervisor ||
        type.bareMetal !== one.bareMetal ||
        type.networkCards !== one.networkCards
      );
    });
    expect(wrong).toEqual([]);
    expect(types.size).toBe(1391);
  });
});
