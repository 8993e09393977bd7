/** Names that Kubernetes generates, made deterministic: template hashes, pod suffixes, veth names. */
import { fnv1a, sha1 } from "../../net/digest.ts";

/** Kubernetes' alphabet for generated names: no vowels, no digits that look like letters (apimachinery/util/rand). */
const SAFE = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 5;
/** A generated name's base is cut so that the whole is at most 63 characters (apiserver/storage/names). */
export const MAX_BASE = 63 - SUFFIX_LENGTH;

/** JSON with sorted keys: the same template gives the same text regardless of its form. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** The label `pod-template-hash` of a template: 8 to 10 characters as Kubernetes' SafeEncodeString writes them. */
export function templateHash(template: unknown): string {
  const digits = String(fnv1a(canonicalJson(template))).padStart(8, "0");
  return [...digits].map((c) => SAFE[(c.codePointAt(0) ?? 0) % SAFE.length]).join("");
}

/** The name of a ReplicaSet's `index`-th pod; `taken` names are avoided. Scaling keeps the existing names. */
export function podName(
  namespace: string,
  replicaSet: string,
  index: number,
  taken: { has(name: string): boolean },
): string {
  const base = `${replicaSet}-`.slice(0, MAX_BASE);
  for (let attempt = 0; ; attempt++) {
    const digest = sha1(`${namespace}/${replicaSet}/${index}${attempt === 0 ? "" : `/${attempt}`}`);
    const suffix = Array.from(digest.subarray(0, SUFFIX_LENGTH), (byte) => SAFE[byte % SAFE.length]).join("");
    if (!taken.has(base + suffix)) return base + suffix;
  }
}

/** A pod's interface on its node: `veth` and 8 hex digits, different for all pods of the node. */
export function vethName(namespace: string, pod: string, taken: Set<string>): string {
  for (let attempt = 0; ; attempt++) {
    const text = `${namespace}/${pod}${attempt === 0 ? "" : `/${attempt}`}`;
    const name = `veth${sha1(text).toString("hex").slice(0, 8)}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

/** An object's UID: the same for the same name. */
export function uidOf(object: string): string {
  const hex = sha1(object).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}
