/** What the cluster-wide policies have in common: subjects, peers, and the CRDs' checks of them. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { parsePrefix } from "../../net/address.ts";
import type { Path } from "../../syntax/path.ts";
import { DNS_SUBDOMAIN, invalidValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import { checkLabelSelector, labelSelector } from "../label-selector-schema.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import {
  checkEnum,
  checkItems,
  checkLength,
  checkOneKey,
  checkPattern,
  checkRequired,
  checkUnique,
} from "./crd-checks.ts";

const namespacedPod = lazy(() =>
  z.strictObject({
    namespaceSelector: labelSelector.optional(),
    podSelector: labelSelector.optional(),
  }),
);

const subjectShape = () => ({ namespaces: labelSelector.optional(), pods: namespacedPod.optional() });

export const subject = lazy(() => z.strictObject(subjectShape()));

const egressPeer = lazy(() =>
  z.strictObject({
    ...subjectShape(),
    nodes: labelSelector.optional(),
    networks: z.array(argument).optional(),
    domainNames: z.array(argument).optional(),
  }),
);

export type ClusterPeerDocument = z.infer<typeof egressPeer>;

/** Rules with what each version calls its ports. */
export function rules<T extends z.ZodRawShape>(ports: T) {
  const head = { name: argument.optional(), action: argument.optional() };
  return {
    ingress: z.array(z.strictObject({ ...head, from: z.array(subject).optional(), ...ports })).optional(),
    egress: z.array(z.strictObject({ ...head, to: z.array(egressPeer).optional(), ...ports })).optional(),
  };
}

export function policySchema<V extends string, K extends string, S extends z.ZodType>(version: V, kind: K, spec: S) {
  return z.strictObject({
    apiVersion: z.literal(version),
    kind: z.literal(kind),
    metadata: objectMeta,
    spec: spec.optional(),
    status: anything,
  });
}

export const TRANSPORTS = ["tcp", "udp", "sctp"] as const;

/** What a version's rules are checked against. */
export interface RuleLimits {
  readonly actions: readonly string[];
  /** Rules of a direction, peers and ports of a rule. */
  readonly most: number;
  readonly domainNames: boolean;
  /** Its CEL rule's message where a named port meets peers that have none. */
  readonly namedPorts: string;
}

interface CheckedRule {
  readonly name?: string | undefined;
  readonly action?: string | undefined;
  readonly peers: readonly ClusterPeerDocument[] | undefined;
  readonly hasNamedPort: boolean;
}

/** The CRD's own, and it means `A-z` where A-Z was probably meant. */
const DOMAIN_NAME = /^(\*\.)?([a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$/;

export function checkObject(
  { metadata, spec }: { metadata: z.infer<typeof objectMeta>; spec?: unknown },
  report: Report,
): void {
  checkMetadata(metadata, DNS_SUBDOMAIN, ["metadata"], report);
  if (metadata.namespace !== undefined)
    report(["metadata", "namespace"], "Forbidden: not allowed on this type", {
      hint: "the policy is the whole cluster's; remove the line",
    });
  checkRequired(spec, ["spec"], report);
}

export function checkSubject(value: z.infer<typeof subject> | undefined, path: Path, report: Report): void {
  if (value === undefined)
    return report(path, "Required value", { hint: "`subject: { namespaces: {} }` are all pods of the cluster" });
  checkOneKey(value, ["namespaces", "pods"], path, report);
  return checkSelectors(value, path, report);
}

function checkSelectors({ namespaces, pods, nodes }: ClusterPeerDocument, path: Path, report: Report): void {
  if (namespaces !== undefined) checkLabelSelector(namespaces, [...path, "namespaces"], report);
  if (nodes !== undefined) checkLabelSelector(nodes, [...path, "nodes"], report);
  if (pods === undefined) return;
  for (const key of ["namespaceSelector", "podSelector"] as const) {
    const selector = pods[key];
    const at = [...path, "pods", key];
    checkRequired(selector, at, report, `\`${key}: {}\` selects all`);
    if (selector !== undefined) checkLabelSelector(selector, at, report);
  }
}

function checkPeer(
  peer: ClusterPeerDocument,
  path: Path,
  limits: RuleLimits,
  keys: readonly string[],
  report: Report,
): void {
  checkOneKey(peer, keys, path, report);
  checkSelectors(peer, path, report);
  const networks = [...path, "networks"];
  checkItems(peer.networks, 25, networks, report);
  checkUnique(peer.networks, networks, report);
  for (const [i, text] of (peer.networks ?? []).entries()) {
    checkLength(text, 43, [...networks, i], report);
    if (parsePrefix(text) === undefined)
      report([...networks, i], 'Invalid value: "string": Invalid CIDR format provided', {
        at: "value",
        hint: `${JSON.stringify(text.slice(0, 60))}: an address and a prefix length, 10.0.0.0/8 or fd00::/8`,
      });
  }
  const names = [...path, "domainNames"];
  if (peer.domainNames !== undefined && !limits.domainNames)
    report(names, 'strict decoding error: unknown field "domainNames"', { hint: `valid keys: ${keys.join(", ")}` });
  checkItems(peer.domainNames, 25, names, report);
  checkUnique(peer.domainNames, names, report);
  for (const [i, text] of (peer.domainNames ?? []).entries())
    checkPattern(text, DOMAIN_NAME, [...names, i], report, "a name of two labels or more; * only as the first");
}

const INGRESS_PEERS = ["namespaces", "pods"];
const EGRESS_PEERS = [...INGRESS_PEERS, "nodes", "networks"];

export function checkRules(
  direction: "ingress" | "egress",
  list: readonly CheckedRule[] | undefined,
  limits: RuleLimits,
  report: Report,
): void {
  const path = ["spec", direction];
  checkItems(list, limits.most, path, report, 0);
  const word = direction === "ingress" ? "from" : "to";
  const keys =
    direction === "ingress" ? INGRESS_PEERS : [...EGRESS_PEERS, ...(limits.domainNames ? ["domainNames"] : [])];
  for (const [i, rule] of (list ?? []).entries()) {
    const at = [...path, i];
    checkLength(rule.name, 100, [...at, "name"], report);
    checkEnum(rule.action, limits.actions, [...at, "action"], report);
    checkRequired(rule.peers, [...at, word], report, `\`${word}: [{ namespaces: {} }]\` are all pods`);
    checkItems(rule.peers, limits.most, [...at, word], report);
    for (const [j, peer] of (rule.peers ?? []).entries()) checkPeer(peer, [...at, word, j], limits, keys, report);
    const nameless = rule.peers?.some((peer) => peer.networks ?? peer.nodes ?? peer.domainNames) === true;
    if (rule.hasNamedPort && nameless)
      report(at, invalidValue("object", limits.namedPorts), {
        hint: "a name is looked up on a pod: write the number, or make two rules of it",
      });
  }
}
