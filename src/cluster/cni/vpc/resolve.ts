/** The VPC CNI's settings: defaults, instance types, and what the real one refuses, in its words. */
import type * as z from "zod";
import { formatPrefix, networkOf, parsePrefix, prefixContains, prefixesOverlap } from "../../../net/address.ts";
import type { Prefix } from "../../../net/address.ts";
import { modelPrefix } from "../../../net/families.ts";
import type { PerFamily } from "../../../net/family.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { nearestNames } from "../../../syntax/nearest.ts";
import type { Scope } from "../../../syntax/scope.ts";
import type { FurtherSubnet, NetworkFacts } from "../plugin.ts";
import { readEnvironment } from "./environment.ts";
import type { Environment } from "./environment.ts";
import type { GroupPolicy } from "./branch.ts";
import { branchLimit, instanceTypes, maxPods, slotsPerEni, takesPrefixes } from "./instance-type.ts";
import type { InstanceType } from "./instance-type.ts";
import { DEFAULT_TYPE, TYPE_LABEL } from "./model.ts";
import type { NodeType, VpcModel, vpcSchema } from "./model.ts";
import { checkGroups, resolveGroups } from "./security-group.ts";
import type { SecurityGroup } from "./security-group.ts";

export type VpcDocument = z.infer<ReturnType<typeof vpcSchema>>;

/** A VPC has at least a /28 and at most a /16. */
const USUAL = { ipv4: 16, ipv6: 56 } as const;
const EXTERNAL_LABEL = "vpc.amazonaws.com/externalEniConfig";

function around(subnet: Prefix): Prefix {
  return networkOf(subnet, Math.min(subnet.length, USUAL[subnet.family]));
}

/** The prefix that pods' addresses are of, per family: the first of the VPC's. `subnets`: of nodes. */
export function podRange(doc: VpcDocument, subnets: readonly PerFamily<Prefix>[]): PerFamily<Prefix> {
  const all = vpcPrefixes(
    doc,
    subnets.flatMap((one) => Object.values(one)),
  );
  const [ipv4, ipv6] = (["ipv4", "ipv6"] as const).map((family) => all.find((one) => one.family === family));
  return { ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) };
}

function vpcPrefixes({ vpcCIDRs = [], subnets = {} }: VpcDocument, ofNodes: readonly Prefix[]): readonly Prefix[] {
  const given = vpcCIDRs.flatMap((text) => parsePrefix(text) ?? []);
  const further = Object.values(subnets).flatMap((text) => parsePrefix(text) ?? []);
  const isGiven = ({ family }: Prefix): boolean => given.some((one) => one.family === family);
  const all = [...given, ...[...ofNodes, ...further].filter((one) => !isGiven(one)).map(around)];
  return all.filter((one, i) => all.findIndex((other) => formatPrefix(other) === formatPrefix(one)) === i);
}

/** `spec.cluster.cni.subnets`, each with its place. */
export function furtherSubnets(doc: VpcDocument, scope: Scope): readonly FurtherSubnet[] {
  return Object.entries(doc.subnets ?? {}).flatMap(([id, text]) => {
    const place = scope.at("subnets", id);
    const prefix = parsePrefix(text);
    if (prefix?.family === "ipv4" && prefix.length >= 16 && prefix.length <= 28)
      return [{ prefixes: { ipv4: prefix }, scope: place }];
    place.error(`subnet ${id} cannot be ${text}`, "an IPv4 subnet of a VPC is a prefix from /16 to /28: 100.64.0.0/24");
    return [];
  });
}

function checkVpc(doc: VpcDocument, { switches }: NetworkFacts, scope: Scope): void {
  const given = (doc.vpcCIDRs ?? []).flatMap((text, i) => {
    const prefix = parsePrefix(text);
    if (prefix === undefined) scope.at("vpcCIDRs", i).error(`"${text}" is not a prefix`, "for example 10.0.0.0/16");
    return prefix ?? [];
  });
  for (const [i, one] of given.entries())
    if (given.slice(0, i).some((other) => prefixesOverlap(one, other)))
      scope.at("vpcCIDRs", i).error(`${formatPrefix(one)} overlaps another prefix of the VPC`, "give each once");
  for (const { subnet, name } of switches)
    for (const text of Object.values(subnet)) {
      const prefix = modelPrefix(text);
      const same = given.filter(({ family }) => family === prefix.family);
      if (same.length > 0 && !same.some((one) => prefixContains(one, prefix)))
        scope.at("vpcCIDRs").error(`subnet ${text} (${name}) is in no prefix of the VPC`, `add one around ${text}`);
    }
}

/** Where a node's type stands: its label, or the cluster's. */
function typeOf(node: ClusterNode, doc: VpcDocument, { places }: NetworkFacts, scope: Scope): InstanceType | undefined {
  const label = node.labels[TYPE_LABEL];
  const name = label ?? doc.instanceType ?? DEFAULT_TYPE;
  const type = instanceTypes().get(name);
  if (type !== undefined) return type;
  const near = nearestNames(name, instanceTypes().keys());
  const place = label === undefined ? scope.at("instanceType") : places.get(node.name)?.at("labels", TYPE_LABEL);
  place?.error(
    `unknown instance type "${name}"`,
    near.length === 0 ? "for example t3.medium or m5.large" : `did you mean ${near.join(" or ")}?`,
  );
  return undefined;
}

function checkTargets(node: ClusterNode, type: InstanceType, env: Environment, scope: Scope): void {
  const slots = slotsPerEni(type) * (env.prefixDelegation ? 16 : 1);
  const most = Math.min(type.enis, env.maxEni ?? type.enis) * slots;
  const { minimum = 0, ip = 0 } = env.targets;
  const name = minimum > most ? "MINIMUM_IP_TARGET" : ip > most ? "WARM_IP_TARGET" : undefined;
  if (name !== undefined && !env.ipv6)
    scope
      .at("env", name)
      .error(
        `${name} ${Math.max(minimum, ip)} is more than ${node.name} (${type.name}) has addresses for: ${most}`,
        "ask for less, or choose a larger instance type",
      );
  if (env.maxEni !== undefined && env.maxEni > type.enis)
    scope
      .at("env", "MAX_ENI")
      .warn(`MAX_ENI ${env.maxEni} has no effect on ${node.name}: ${type.name} has ${type.enis} ENIs`);
  if (!env.prefixDelegation || takesPrefixes(type)) return;
  const where = scope.at("env", "ENABLE_PREFIX_DELEGATION");
  if (env.ipv6)
    scope
      .at("plugin")
      .error(
        `Prefix Delegation is not supported on non-nitro instance ${type.name}. IPv6 is only supported in Prefix delegation Mode. `.trim(),
        "choose a Nitro type: t3.medium, m5.large",
      );
  else
    where.warn(
      `Prefix delegation is not supported on non-nitro instance ${type.name} hence falling back to default (secondary IP) mode`,
      `${node.name}: choose a Nitro type: t3.medium, m5.large`,
    );
}

/** The ENIConfig that a node asks for by a label, else `default`. */
function eniConfigOf(
  node: ClusterNode,
  doc: VpcDocument,
  env: Environment,
  { eniConfigs, switches }: NetworkFacts,
  scope: Scope,
): NodeType["eniConfig"] {
  if (!env.customNetworking) return undefined;
  const name = node.labels[EXTERNAL_LABEL] ?? node.labels[env.eniConfigLabel] ?? "default";
  const found = eniConfigs.find((one) => one.name === name);
  if (found === undefined) {
    const names = eniConfigs.map((one) => one.name);
    scope
      .at("env", "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG")
      .error(
        `Failed to attach any ENIs for custom networking: no ENIConfig "${name}" for ${node.name}`,
        `label the node ${env.eniConfigLabel}: NAME, or set ENI_CONFIG_LABEL_DEF; ${names.length === 0 ? "there are no ENIConfigs" : `ENIConfigs: ${names.join(", ")}`}`,
      );
    return undefined;
  }
  const cidr = doc.subnets?.[found.subnet];
  const prefix = parsePrefix(cidr ?? "");
  const on = prefix && switches.find(({ subnet }) => subnet.ipv4 === formatPrefix(prefix));
  if (on === undefined) {
    const ids = Object.keys(doc.subnets ?? {});
    found.scope
      .at("spec", "subnet")
      .error(
        `InvalidSubnetID.NotFound: The subnet ID '${found.subnet}' does not exist`,
        `cni.subnets gives subnets IDs; ${ids.length === 0 ? "it has none" : `it has ${ids.join(", ")}`}`,
      );
    return undefined;
  }
  return { name, switch: on.name, groups: found.securityGroups, cause: found.cause };
}

/** Those of ENIConfigs without a description filter nothing: it is reported, or refused where others are described. */
function checkAllGroups(
  doc: VpcDocument,
  groups: readonly SecurityGroup[],
  { eniConfigs }: NetworkFacts,
  scope: Scope,
): void {
  checkGroups(doc.nodeSecurityGroups ?? [], groups, (i) => scope.at("nodeSecurityGroups", i));
  for (const { securityGroups, scope: place } of eniConfigs) {
    checkGiven(doc, securityGroups, groups, place.at("spec", "securityGroups"));
  }
}

/** In a manifest. */
function checkGiven(doc: VpcDocument, ids: readonly string[], known: readonly SecurityGroup[], place: Scope): void {
  if (doc.securityGroups !== undefined) checkGroups(ids, known, (i) => place.at(i));
  else if (ids.length > 0)
    place.warn(
      `security groups filter nothing here: it is not known what ${ids.join(", ")} allow${ids.length === 1 ? "s" : ""}`,
      `describe them in cni.securityGroups: ${ids[0]}: { ingress: [ … ] }`,
    );
}

/** Policies of pods; a group without a description filters nothing. */
function groupPolicies(
  doc: VpcDocument,
  { securityGroupPolicies }: NetworkFacts,
  known: readonly SecurityGroup[],
): readonly GroupPolicy[] {
  return securityGroupPolicies.map(({ namespace, podSelector, serviceAccountSelector, groups, scope }) => {
    checkGiven(doc, groups, known, scope.at("spec", "securityGroups", "groupIds"));
    return { namespace, podSelector, serviceAccountSelector, groups };
  });
}

export function resolveVpc(doc: VpcDocument, facts: NetworkFacts, scope: Scope): VpcModel {
  const env = readEnvironment(doc.env ?? {}, facts.families[0] === "ipv6", scope.at("env"));
  checkVpc(doc, facts, scope);
  const securityGroups = resolveGroups(doc.securityGroups ?? {}, scope.at("securityGroups"));
  checkAllGroups(doc, securityGroups, facts, scope);
  for (const { name, scope: place } of env.podEni ? [] : facts.securityGroupPolicies)
    place
      .at("kind")
      .warn(
        `SecurityGroupPolicy ${name} has no effect: ENABLE_POD_ENI is not set`,
        "cni: { env: { ENABLE_POD_ENI: true } }",
      );
  const unknown = new Set<string>();
  const types = facts.nodes.flatMap((node): readonly (readonly [string, NodeType])[] => {
    const asked = node.labels[TYPE_LABEL] ?? "";
    const type = unknown.has(asked) ? undefined : typeOf(node, doc, facts, scope);
    if (type === undefined) {
      unknown.add(asked);
      return [];
    }
    checkTargets(node, type, env, scope);
    const eniConfig = eniConfigOf(node, doc, env, facts, scope);
    const most = doc.maxPods ?? maxPods(type, env.prefixDelegation && takesPrefixes(type));
    const branches = env.podEni ? { branches: branchLimit(type.name) } : {};
    return [
      [node.name, { type: type.name, maxPods: most, ...branches, ...(eniConfig === undefined ? {} : { eniConfig }) }],
    ];
  });
  const subnets = facts.switches.flatMap(({ subnet }) => Object.values(subnet).map(modelPrefix));
  const mtu = doc.mtu ?? env.mtu;
  return {
    plugin: "vpc",
    vpcCIDRs: vpcPrefixes(doc, subnets).map(formatPrefix),
    securityGroups,
    nodeGroups: doc.nodeSecurityGroups ?? [],
    gateway: doc.gateway ?? "internet",
    sourceDestCheck: doc.sourceDestCheck ?? true,
    env,
    types: Object.fromEntries(types),
    groupPolicies: env.podEni ? groupPolicies(doc, facts, securityGroups) : [],
    serviceAccounts: Object.fromEntries(
      facts.serviceAccounts.map(({ namespace, name, labels }) => [`${namespace}/${name}`, labels]),
    ),
    enis: [],
    branches: [],
    ...(mtu === undefined ? {} : { mtu }),
    cause: scope.cause(scope.text, "the VPC CNI"),
  };
}
