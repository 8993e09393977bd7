/** Settings of the DaemonSet aws-node, by the names that it has them under (README.md of aws/amazon-vpc-cni-k8s b5218838). */
import { formatPrefix, parsePrefix } from "../../../net/address.ts";
import type { Scope } from "../../../syntax/scope.ts";
import type { SchemaWords } from "../plugin.ts";
import type { WarmTargets } from "./warm-pool.ts";

const SWITCHES = {
  AWS_VPC_K8S_CNI_EXTERNALSNAT: [false, "No NAT on nodes: a NAT gateway does it; default false"],
  AWS_VPC_CNI_NODE_PORT_SUPPORT: [true, "Answers of node ports leave by eth0; default true"],
  AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: [false, "Pods are in the subnets of ENIConfigs; default false"],
  ENABLE_PREFIX_DELEGATION: [false, "ENIs get prefixes of 16 addresses; default false (IPv6: true)"],
  ENABLE_IPv4: [true, "Pods have IPv4; default: not where serviceCIDR is IPv6"],
  ENABLE_IPv6: [false, "Pods have IPv6, and only that; default: where serviceCIDR is IPv6"],
  ENABLE_V4_EGRESS: [true, "Pods of an IPv6 cluster reach IPv4 through their node; default true"],
  ENABLE_POD_ENI: [
    false,
    "Nodes get a trunk ENI, and pods that a SecurityGroupPolicy selects a branch ENI each; default false",
  ],
  DISABLE_TCP_EARLY_DEMUX: [false, "tcp_early_demux=0 on nodes; default false"],
} as const;
type Switch = keyof typeof SWITCHES;

const COUNTS = {
  WARM_ENI_TARGET: "ENIs with all of their addresses that are kept free, default 1",
  WARM_IP_TARGET: "Addresses that are kept free, in place of WARM_ENI_TARGET",
  MINIMUM_IP_TARGET: "Addresses that a node has at least",
  WARM_PREFIX_TARGET: "Prefixes that are kept free, default 1; with ENABLE_PREFIX_DELEGATION",
  MAX_ENI: "ENIs of a node at most; default: what its instance type has",
  AWS_VPC_ENI_MTU: "MTU of ENIs and pods, default 9001, at most the underlay's",
} as const;
type Count = keyof typeof COUNTS;

const TEXTS = {
  AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: "IPv4 prefixes that get no NAT either, separated by commas",
  AWS_EXTERNAL_SERVICE_CIDRS: "IPv4 prefixes that are always routed by table main, separated by commas",
  AWS_VPC_K8S_CNI_RANDOMIZESNAT: "Ports of SNAT: prng (default), hashrandom or none",
  AWS_VPC_K8S_CNI_CONNMARK: "Bit of the packet mark for rule 1024, default 0x80",
  AWS_VPC_K8S_CNI_VETHPREFIX: "Begin of pods' devices on their node, default eni",
  POD_SECURITY_GROUP_ENFORCING_MODE:
    "strict (default): all that pods with branch ENIs send and get passes these; standard: only what leaves or enters their node and is not translated",
  ENI_CONFIG_LABEL_DEF: "Node label with the name of the node's ENIConfig, default k8s.amazonaws.com/eniConfig",
} as const;
type Text = keyof typeof TEXTS;

export type EnvironmentDocument = Readonly<
  Partial<Record<Switch | Count | Text, string | number | boolean | undefined>>
>;

export function environmentSchema({ z }: SchemaWords) {
  const value = z.union([z.string(), z.number(), z.boolean()]).optional();
  const described = Object.entries({
    ...Object.fromEntries(Object.entries(SWITCHES).map(([name, [, text]]) => [name, text])),
    ...COUNTS,
    ...TEXTS,
  }).map(([name, text]) => [name, value.describe(text)] as const);
  return z.strictObject(Object.fromEntries(described) as Record<Switch | Count | Text, typeof value>);
}

/** Read, with defaults. */
export interface Environment {
  readonly externalSNAT: boolean;
  readonly nodePorts: boolean;
  readonly customNetworking: boolean;
  readonly prefixDelegation: boolean;
  readonly ipv6: boolean;
  readonly egress: boolean;
  readonly earlyDemux: boolean;
  /** Pods have branch ENIs. */
  readonly podEni: boolean;
  readonly enforcing: "strict" | "standard";
  readonly targets: WarmTargets;
  readonly maxEni?: number | undefined;
  readonly mtu?: number | undefined;
  readonly excludedCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  readonly random: "prng" | "hashrandom" | "none";
  readonly mark: number;
  readonly vethPrefix: string;
  readonly eniConfigLabel: string;
}

/** As Go's strconv.ParseBool. */
const TRUE = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE = new Set(["0", "f", "F", "false", "FALSE", "False"]);

class Reader {
  readonly #doc: EnvironmentDocument;
  readonly #scope: Scope;

  constructor(doc: EnvironmentDocument, scope: Scope) {
    this.#doc = doc;
    this.#scope = scope;
  }

  has(name: Switch | Count | Text): boolean {
    return this.#doc[name] !== undefined;
  }

  at(name: Switch | Count | Text): Scope {
    return this.#scope.at(name);
  }

  text(name: Text, usual: string): string {
    return String(this.#doc[name] ?? usual);
  }

  flag(name: Switch, usual: boolean = SWITCHES[name][0]): boolean {
    const text = String(this.#doc[name] ?? usual);
    if (!TRUE.has(text) && !FALSE.has(text))
      this.at(name).error(`Failed to parse ${name}; using default: ${usual}`, "write true or false");
    return TRUE.has(text) || (usual && !FALSE.has(text));
  }

  count(name: Count): number | undefined {
    if (!this.has(name)) return undefined;
    const count = Number(this.#doc[name]);
    if (Number.isInteger(count) && count >= 0) return count;
    this.at(name).error(`${name} is not a number: ${JSON.stringify(this.#doc[name])}`, "give a number, 0 or more");
    return undefined;
  }

  prefixes(name: Text): readonly string[] {
    const all = this.text(name, "")
      .split(",")
      .filter((text) => text.trim() !== "");
    return all.flatMap((text) => {
      const prefix = parsePrefix(text.trim());
      if (prefix?.family === "ipv4") return [formatPrefix(prefix)];
      const what = prefix === undefined ? "not a valid CIDR" : "an IPV6 CIDR";
      this.at(name).error(`${text.trim()} from ${name} is ${what}`, "give IPv4 prefixes: 10.0.0.0/8,172.16.0.0/12");
      return [];
    });
  }
}

function targetsOf(reader: Reader, prefixDelegation: boolean): WarmTargets {
  const [ip, minimum] = [reader.count("WARM_IP_TARGET"), reader.count("MINIMUM_IP_TARGET")];
  const [eni, prefix] = [reader.count("WARM_ENI_TARGET"), reader.count("WARM_PREFIX_TARGET")];
  const idle = (name: Count, why: string): void =>
    reader
      .at(name)
      .warn(`${name} has no effect: ${why}`, "ipamd takes WARM_IP_TARGET and MINIMUM_IP_TARGET before others");
  const isCounted = (ip ?? 0) > 0 || (minimum ?? 0) > 0;
  const other = (ip ?? 0) > 0 ? "WARM_IP_TARGET" : "MINIMUM_IP_TARGET";
  if (eni !== undefined && isCounted) idle("WARM_ENI_TARGET", `${other} is set`);
  else if (eni !== undefined && prefixDelegation) idle("WARM_ENI_TARGET", "ENABLE_PREFIX_DELEGATION is set");
  if (prefix !== undefined && !prefixDelegation) idle("WARM_PREFIX_TARGET", "ENABLE_PREFIX_DELEGATION is not set");
  else if (prefix !== undefined && isCounted) idle("WARM_PREFIX_TARGET", `${other} is set`);
  if (minimum !== undefined && ip !== undefined && minimum <= ip)
    idle("MINIMUM_IP_TARGET", `WARM_IP_TARGET ${ip} alone keeps as many`);
  return { eni: eni ?? 1, ip, minimum, prefix: prefix ?? 1 };
}

function markOf(reader: Reader): number {
  const text = reader.text("AWS_VPC_K8S_CNI_CONNMARK", "0x80");
  const mark = Number(text);
  if (Number.isInteger(mark) && mark > 0 && mark <= 0xffffffff) return mark;
  reader
    .at("AWS_VPC_K8S_CNI_CONNMARK")
    .error(`Failed to parse AWS_VPC_K8S_CNI_CONNMARK; will use 128: ${text}`, "write 0x80");
  return 0x80;
}

function randomOf(reader: Reader): Environment["random"] {
  const text = reader.text("AWS_VPC_K8S_CNI_RANDOMIZESNAT", "prng");
  if (text === "prng" || text === "hashrandom" || text === "none") return text;
  const name = "AWS_VPC_K8S_CNI_RANDOMIZESNAT";
  reader
    .at(name)
    .error(`Failed to parse ${name}; using default: prng. Provided string was "${text}"`, "prng, hashrandom or none");
  return "prng";
}

function podEniOf(reader: Reader, ipv6: boolean): boolean {
  const isOn = reader.flag("ENABLE_POD_ENI");
  if (isOn && ipv6)
    reader
      .at("ENABLE_POD_ENI")
      .error("branch ENIs are not built in IPv6 clusters here", "leave it out, or choose an IPv4 cluster");
  return isOn && !ipv6;
}

function enforcingOf(reader: Reader): Environment["enforcing"] {
  const name = "POD_SECURITY_GROUP_ENFORCING_MODE";
  const text = reader.text(name, "strict");
  // The real one takes strict for anything else.
  if (text !== "strict" && text !== "standard")
    reader.at(name).error(`${name} cannot be "${text}"`, "strict or standard");
  return text === "standard" ? "standard" : "strict";
}

function vethPrefixOf(reader: Reader): string {
  const name = "AWS_VPC_K8S_CNI_VETHPREFIX";
  const text = reader.text(name, "eni");
  const isBad = !/^[a-z]{1,4}$/.test(text) || ["eth", "vlan", "lo"].includes(text);
  if (isBad) reader.at(name).error(`${name} cannot be "${text}"`, "up to four letters, and not eth, vlan or lo");
  return isBad ? "eni" : text;
}

/** `isIPv6`: the cluster's first family. `scope`: of `env`. */
export function readEnvironment(doc: EnvironmentDocument, isIPv6: boolean, scope: Scope): Environment {
  const reader = new Reader(doc, scope);
  const ipv6 = reader.flag("ENABLE_IPv6", isIPv6);
  const ipv4 = reader.flag("ENABLE_IPv4", !ipv6);
  if (ipv4 === ipv6)
    reader
      .at(reader.has("ENABLE_IPv6") ? "ENABLE_IPv6" : "ENABLE_IPv4")
      .error(
        ipv4
          ? "IPv4 and IPv6 are both enabled. VPC CNI currently does not support dual stack mode"
          : "IPv4 and IPv6 are both disabled. One of them have to be enabled",
        "set one of ENABLE_IPv4 and ENABLE_IPv6",
      );
  const prefixDelegation = reader.flag("ENABLE_PREFIX_DELEGATION", ipv6);
  const customNetworking = reader.flag("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG");
  if (ipv6 && (customNetworking || !prefixDelegation))
    reader
      .at(customNetworking ? "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG" : "ENABLE_PREFIX_DELEGATION")
      .error(
        "IPv6 is supported only in Prefix Delegation mode. Custom Networking is not supported in IPv6 mode. Please set the env variables accordingly.",
        "leave both out",
      );
  const maxEni = reader.count("MAX_ENI");
  return {
    externalSNAT: reader.flag("AWS_VPC_K8S_CNI_EXTERNALSNAT"),
    nodePorts: reader.flag("AWS_VPC_CNI_NODE_PORT_SUPPORT"),
    customNetworking,
    prefixDelegation,
    ipv6,
    egress: ipv6 && reader.flag("ENABLE_V4_EGRESS"),
    podEni: podEniOf(reader, ipv6),
    enforcing: enforcingOf(reader),
    earlyDemux: !reader.flag("DISABLE_TCP_EARLY_DEMUX"),
    targets: targetsOf(reader, prefixDelegation),
    ...(maxEni === undefined || maxEni < 1 ? {} : { maxEni }),
    mtu: reader.count("AWS_VPC_ENI_MTU"),
    excludedCIDRs: reader.prefixes("AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"),
    serviceCIDRs: reader.prefixes("AWS_EXTERNAL_SERVICE_CIDRS"),
    random: randomOf(reader),
    mark: markOf(reader),
    vethPrefix: vethPrefixOf(reader),
    eniConfigLabel: reader.text("ENI_CONFIG_LABEL_DEF", "k8s.amazonaws.com/eniConfig"),
  };
}
