/**
 * Names that Calico makes: of devices, chains, sets, and NFLOG prefixes (projectcalico/calico 87c15906,
 * libcalico-go/lib/hash/unique_id.go, felix/types/policy_id.go, felix/rules/{rule_defs,endpoints,nflogprefix}.go).
 */
import { sha1, sha256, sha3of224 } from "../../../net/digest.ts";
import type { Family } from "../../../net/family.ts";
import type { Dataplane } from "./model.ts";

/** iptables' XT_EXTENSION_MAXNAMELEN less the terminating zero, as Felix counts it. */
const MAX_CHAIN_NAME = 28;
/** How long names of chains may be; in nftables policies' and profiles' chains have their whole names (knftables, NameLengthMax). */
export const CHAIN_NAMES: Readonly<Record<Dataplane, number>> = { Iptables: MAX_CHAIN_NAME, Nftables: 256 };
/** ipset's IPSET_MAXNAMELEN less the terminating zero. */
const MAX_SET_NAME = 31;

/** Prefix and suffix where both fit into `max` characters, else a hash in the suffix's place, which `_` begins. */
export function lengthLimitedId(prefix: string, suffix: string, max: number): string {
  const text = suffix === "" ? "_" : suffix;
  const length = prefix.length + text.length;
  if (length < max || (length === max && !text.startsWith("_"))) return prefix + text;
  return `${prefix}_${sha256(text).toString("base64url")}`.slice(0, max);
}

/** The pod's device on its node: `cali7f94ce7c295`. */
export function caliDevice(namespace: string, pod: string): string {
  return `cali${sha1(`${namespace}.${pod}`).toString("hex").slice(0, 11)}`;
}

/** MAC of a node's VXLAN device: `f`, then five bytes of its name's SHA-1. `v6`: of the device for IPv6. */
export function vtepMac(node: string, family: Family): string {
  const digest = sha1(family === "ipv4" ? node : `${node}-v6`);
  return [Buffer.from("f"), digest]
    .map((bytes) => bytes.toString("hex"))
    .join("")
    .slice(0, 12)
    .replaceAll(/(..)(?=.)/g, "$1:");
}

/** `cali40masq-ipam-pools`. */
export function setName(id: string, family: Family): string {
  return `cali${family === "ipv4" ? "4" : "6"}0${id}`.slice(0, MAX_SET_NAME);
}

/** A policy as chains name it. */
export interface PolicyId {
  readonly kind: string;
  readonly name: string;
  /** Absent or empty: cluster-wide. */
  readonly namespace?: string | undefined;
}

const SHORT_KINDS: Readonly<Record<string, string>> = {
  NetworkPolicy: "np",
  GlobalNetworkPolicy: "gnp",
  StagedNetworkPolicy: "snp",
  StagedGlobalNetworkPolicy: "sgnp",
  StagedKubernetesNetworkPolicy: "sknp",
  KubernetesNetworkPolicy: "knp",
  KubernetesClusterNetworkPolicy: "kcnp",
  KubernetesAdminNetworkPolicy: "kanp",
  KubernetesBaselineAdminNetworkPolicy: "kbanp",
};

export const shortKind = (kind: string): string => SHORT_KINDS[kind] ?? kind;

/** `np/default/web`, `gnp/deny-all`. */
export function policyText({ kind, name, namespace = "" }: PolicyId): string {
  return [shortKind(kind), ...(namespace === "" ? [] : [namespace]), name].join("/");
}

/** `i`: what endpoints get, `o`: what they send. */
export type Side = "i" | "o";

/** `text`: of the policy, as its version of Calico writes it. `max`: characters. */
export function policyChain(side: Side, text: string, max = MAX_CHAIN_NAME): string {
  return lengthLimitedId(`cali-p${side}-`, text, max);
}

export function profileChain(side: Side, profile: string, max = MAX_CHAIN_NAME): string {
  return lengthLimitedId(`cali-pr${side}-`, profile, max);
}

/** `prefix`: `cali-tw-`, `cali-fh-` … */
export function endpointChain(prefix: string, device: string, max = MAX_CHAIN_NAME): string {
  return lengthLimitedId(prefix, device, max);
}

/** Policies that follow each other and select the same endpoints have a chain together. */
export function groupChain(side: Side, selector: string, policies: readonly PolicyId[]): string {
  const lines = [
    selector,
    side === "i" ? "inbound" : "outbound",
    String(policies.length),
    ...policies.map(({ kind, name, namespace = "" }) => `{Name: ${name}, Namespace: ${namespace}, Kind: ${kind}}`),
  ];
  const id = sha3of224(lines.map((line) => `${line}\n`).join("")).toString("base64url");
  return `cali-g${side}-${id}`.slice(0, MAX_CHAIN_NAME);
}

/** NFLOG allows 64 characters with the terminating zero; of a longer text the two ends stay, and a hash is between them. */
function nflogText(text: string): string {
  const max = 63;
  const [first, last] = [10, 10];
  if (text.length < max) return text;
  const hash = lengthLimitedId("", text, max - first - last - 1);
  return `${text.slice(0, first)}${hash}_${text.slice(-last)}`;
}

export type NflogSide = "I" | "E";

/** Of a chain's side: the letter in prefixes, and the group to which it logs. */
export const NFLOG: Readonly<Record<Side, { readonly letter: NflogSide; readonly group: number }>> = {
  i: { letter: "I", group: 1 },
  o: { letter: "E", group: 2 },
};

/** `action`: allow, deny, pass; `owner`: policy or profile; `rule`: from 0. */
export function nflogPrefix(
  action: "A" | "D" | "P",
  owner: "P" | "R",
  side: NflogSide,
  rule: number,
  id: string,
): string {
  return nflogText(`${action}${owner}${side}${rule}|${id}`);
}

export function nflogEndOfTier(action: "D" | "P", side: NflogSide, tier: string): string {
  return nflogText(`${action}P${side}|${tier}`);
}

export function nflogNoProfile(side: NflogSide): string {
  return `DR${side}`;
}
