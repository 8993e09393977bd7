/**
 * The VPC CNI's iptables rules of a node, written as it writes them: rule by rule into what is there, prefixes at the head of their
 * chain, what is stale taken out (aws/amazon-vpc-cni-k8s b5218838, pkg/networkutils/{network,iptables_connmark}.go).
 */
export const SNAT_CHAIN = "AWS-SNAT-CHAIN-0";
export const CONNMARK_CHAIN = "AWS-CONNMARK-CHAIN-0";
/** Table filter: nothing opens connections to the addresses that pods have for the other family's way out. */
export const NODE_LOCAL = { ipv4: "169.254.172.0/22", ipv6: "fd00::ac:00/118" } as const;

const EVERYTHING = "0.0.0.0/0";

export interface HostRuleSettings {
  readonly vpcCIDRs: readonly string[];
  readonly excludedCIDRs: readonly string[];
  readonly externalSNAT: boolean;
  readonly nodePorts: boolean;
  /** IPv6's way out of an IPv4 cluster. */
  readonly ipv6Egress: boolean;
  readonly random: "prng" | "hashrandom" | "none";
  /** Bits of the packet mark: 0x80. */
  readonly mark: number;
  readonly vethPrefix: string;
  /** The primary ENI. */
  readonly device: string;
  readonly address: string;
}

type Table = "filter" | "mangle" | "nat";

/** A rule that there shall be, or with `absent` shall not be. */
export interface HostRule {
  readonly table: Table;
  readonly chain: string;
  readonly words: readonly string[];
  /** Why there is one. */
  readonly reason: string;
  readonly absent?: boolean | undefined;
  /** Before the others of its chain. */
  readonly first?: boolean | undefined;
}

const comment = (text: string): readonly string[] => ["-m", "comment", "--comment", text];
/** `-j RETURN`, as one would type it. */
const typed = (text: string): readonly string[] => text.split(" ");
const hex = (bits: number): string => `0x${bits.toString(16)}`;

/** Rules by table and chain, in their order. A chain may be empty. */
export class HostTables {
  readonly chains = new Map<string, HostRule[]>();

  chain(table: Table, name: string): HostRule[] {
    const key = `${table} ${name}`;
    const found = this.chains.get(key) ?? [];
    this.chains.set(key, found);
    return found;
  }

  apply(rule: HostRule): void {
    const chain = this.chain(rule.table, rule.chain);
    const at = chain.findIndex(({ words }) => isSame(words, rule.words));
    if (at >= 0 && rule.absent === true) chain.splice(at, 1);
    if (at >= 0 || rule.absent === true) return;
    if (rule.first === true) chain.unshift(rule);
    else chain.push(rule);
  }

  /** Rules of chains whose name begins so, and that are none of these, are taken out before the last one of the chain is written. */
  dropStale(prefix: string, wanted: readonly HostRule[]): void {
    for (const [key, rules] of this.chains) {
      const [table, name = ""] = key.split(" ");
      if (table !== "nat" || !name.startsWith(prefix)) continue;
      const kept = rules.filter(({ words }) => wanted.some((one) => one.chain === name && isSame(one.words, words)));
      rules.splice(0, rules.length, ...kept);
    }
  }

  remove(table: Table, name: string): void {
    this.chains.delete(`${table} ${name}`);
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

/** iptables takes `-d 0.0.0.0/0` away. */
function towards(cidr: string, isNormalized: boolean): readonly string[] {
  return cidr === EVERYTHING && isNormalized ? [] : ["-d", cidr];
}

function writeSnat(tables: HostTables, settings: HostRuleSettings): void {
  const { externalSNAT: absent, random, address } = settings;
  const base = { table: "nat", absent } as const;
  tables.chain("nat", SNAT_CHAIN);
  const returns = [
    ...settings.vpcCIDRs.map((cidr) => ({ cidr, text: "AWS SNAT CHAIN", isExcluded: false })),
    ...settings.excludedCIDRs.map((cidr) => ({ cidr, text: "AWS SNAT CHAIN EXCLUSION", isExcluded: true })),
  ].map(({ cidr, text, isExcluded }): HostRule => ({
    ...base,
    chain: SNAT_CHAIN,
    words: [...towards(cidr, isExcluded), ...comment(text), "-j", "RETURN"],
    first: true,
    reason: isExcluded ? `AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: no NAT to ${cidr}` : `within the VPC (${cidr}): no NAT`,
  }));
  const jump: HostRule = {
    ...base,
    chain: "POSTROUTING",
    words: [...comment("AWS SNAT CHAIN"), "-j", SNAT_CHAIN],
    reason: "AWS_VPC_K8S_CNI_EXTERNALSNAT is off: the node itself translates what leaves the VPC",
  };
  for (const rule of [jump, ...returns]) tables.apply(rule);
  tables.dropStale("AWS-SNAT-CHAIN", returns);
  const flags = { prng: ["--random-fully"], hashrandom: ["--random"], none: [] }[random];
  tables.apply({
    ...base,
    chain: SNAT_CHAIN,
    words: [
      ...typed("! -o vlan+"),
      ...comment("AWS, SNAT"),
      ...typed(`-m addrtype ! --dst-type LOCAL -j SNAT --to-source ${address}`),
      ...flags,
    ],
    reason: `what leaves the VPC gets the primary ENI's primary address ${address}: the only one that the internet gateway knows`,
  });
}

function writeMangle(tables: HostTables, settings: HostRuleSettings): void {
  const { device, nodePorts, externalSNAT, vethPrefix, mark } = settings;
  const about = comment("AWS, primary ENI");
  const restore = (from: string): readonly string[] =>
    [...about, "-i", from, "-j", "CONNMARK", "--restore-mark", "--mask", hex(mark)] as const;
  const add = (absent: boolean, words: readonly string[], reason: string): void =>
    tables.apply({ table: "mangle", chain: "PREROUTING", absent, words, reason });
  add(
    !nodePorts,
    [
      ...about,
      ...typed(`-i ${device} -m addrtype --dst-type LOCAL --limit-iface-in`),
      ...typed(`-j CONNMARK --set-mark ${hex(mark)}/${hex(mark)}`),
    ],
    `a connection that came in by ${device}, to a node port, is remembered: its answers must leave by ${device}`,
  );
  add(
    !nodePorts && externalSNAT,
    restore(`${vethPrefix}+`),
    "the connection's mark onto what its pod sends, for rule 1024",
  );
  add(!nodePorts, restore("vlan+"), "the same for pods with security groups of their own");
}

function writeConnmark(tables: HostTables, settings: HostRuleSettings): void {
  const { mark, vethPrefix, vpcCIDRs, excludedCIDRs } = settings;
  const cidrs = [...vpcCIDRs, ...excludedCIDRs];
  if (cidrs.length === 0) throw new RangeError("exemptCIDRs cannot be empty");
  tables.chain("nat", CONNMARK_CHAIN);
  const input = ["-i", `${vethPrefix}+`, ...comment("AWS, outbound connections")];
  const prerouting = (words: readonly string[], reason: string, absent = false): void =>
    tables.apply({ table: "nat", chain: "PREROUTING", words, reason, absent });
  prerouting([...input, "-m", "state", "--state", "NEW", "-j", CONNMARK_CHAIN], "of older versions", true);
  prerouting([...input, "-j", CONNMARK_CHAIN], "what pods send to places outside the VPC is marked");
  const returns = cidrs.map((cidr): HostRule => ({
    table: "nat",
    chain: CONNMARK_CHAIN,
    words: [...towards(cidr, true), ...comment("AWS CONNMARK CHAIN"), "-j", "RETURN"],
    first: true,
    reason: `to ${cidr} pods send by their own ENI`,
  }));
  for (const rule of returns) tables.apply(rule);
  const words = [...comment("AWS, CONNMARK"), "-j", "CONNMARK", "--restore-mark", "--mask", hex(mark)];
  prerouting(words, "", true);
  prerouting(words, "the mark of the connection onto its first packet, for rule 1024");
  tables.dropStale(CONNMARK_CHAIN, returns);
  tables.apply({
    table: "nat",
    chain: CONNMARK_CHAIN,
    words: [...comment("AWS, CONNMARK"), "-j", "CONNMARK", "--set-xmark", `${hex(mark)}/${hex(mark)}`],
    reason: "it leaves the VPC: by the primary ENI, whichever ENI the pod's address is of",
  });
}

export function removeConnmark(tables: HostTables, { vethPrefix, mark }: HostRuleSettings): void {
  for (const words of [
    ["-i", `${vethPrefix}+`, ...comment("AWS, outbound connections"), "-j", CONNMARK_CHAIN],
    [...comment("AWS, CONNMARK"), "-j", "CONNMARK", "--restore-mark", "--mask", hex(mark)],
  ])
    tables.apply({ table: "nat", chain: "PREROUTING", words, reason: "", absent: true });
  tables.remove("nat", CONNMARK_CHAIN);
}

/** The connmark part alone. Throws RangeError where nothing is exempt. */
export function setUpConnmark(tables: HostTables, settings: HostRuleSettings): void {
  writeConnmark(tables, settings);
}

/** SetupHostNetwork's part in iptables for IPv4. `tables`: what is there, which is changed. */
export function setUpHost(tables: HostTables, settings: HostRuleSettings): void {
  if (settings.ipv6Egress) blockNodeLocal(tables, "ipv6");
  writeSnat(tables, settings);
  writeMangle(tables, settings);
  if (settings.externalSNAT) removeConnmark(tables, settings);
  else writeConnmark(tables, settings);
}

export function blockNodeLocal(tables: HostTables, family: "ipv4" | "ipv6"): void {
  const version = family === "ipv6" ? "v6" : "v4";
  tables.apply({
    table: "filter",
    chain: "FORWARD",
    first: true,
    words: [
      ...typed(`-d ${NODE_LOCAL[family]} -m conntrack --ctstate NEW`),
      ...comment(`Block Node Local Pod access via IP${version}`),
      ...typed("-j REJECT"),
    ],
    reason: `pods' addresses in ${NODE_LOCAL[family]} are for the way out only`,
  });
}

/** CleanUpStaleAWSChains: chains with numbers other than 0, which versions before 1.12 had for each CIDR. */
export function removeStaleChains(tables: HostTables): void {
  if (!tables.chains.has("nat AWS-SNAT-CHAIN-1")) return;
  for (const key of tables.chains.keys())
    if (/^nat AWS-(SNAT|CONNMARK)-CHAIN-[1-9]/.test(key)) tables.chains.delete(key);
}
