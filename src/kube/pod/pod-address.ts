/** Addresses that pods of a running cluster have (status.podIPs): they are kept where they are of their node's part. */
import type { Family } from "../../net/family.ts";
import { parseAddress } from "../../net/address.ts";
import type { PodModel } from "./pod-model.ts";
import type { PodPool } from "./ipam.ts";
import type { PodDraft } from "./pod-draft.ts";
import { namespacedName } from "../../net/object-ref.ts";

function podIPs(status: unknown): readonly string[] {
  const { podIP, podIPs: all } = (status ?? {}) as { readonly podIP?: unknown; readonly podIPs?: unknown };
  const listed = Array.isArray(all) ? all.map((one: unknown) => (one as { readonly ip?: unknown } | null)?.ip) : [];
  return [...new Set([podIP, ...listed])].filter((one) => typeof one === "string");
}

/** Takes them from the pools, so that no other pod gets one; what cannot be kept is reported once. */
export function askedAddresses(
  drafts: readonly PodDraft[],
  bound: ReadonlyMap<PodDraft, unknown>,
  places: readonly (string | undefined)[],
  poolsOf: (node: string) => Readonly<Partial<Record<Family, PodPool>>> | undefined,
): ReadonlyMap<PodDraft, Pick<PodModel, "address">> {
  const found = new Map<PodDraft, Pick<PodModel, "address">>();
  const lost: { readonly draft: PodDraft; readonly ip: string }[] = [];
  for (const [i, draft] of drafts.entries()) {
    const pools = poolsOf(places[i] ?? "");
    if (draft.spec.hostNetwork === true || bound.has(draft) || pools === undefined) continue;
    const address: Partial<Record<Family, string>> = {};
    for (const ip of podIPs(draft.status)) {
      const parsed = parseAddress(ip);
      const pool = parsed === undefined ? undefined : pools[parsed.family];
      if (parsed === undefined || pool === undefined) continue;
      if (pool.has(parsed) && pool.take(parsed, draft.name) === undefined) address[parsed.family] = ip;
      else lost.push({ draft, ip });
    }
    if (Object.keys(address).length > 0) found.set(draft, { address });
  }
  const [first] = lost;
  if (first !== undefined) {
    const more = lost.length === 1 ? "" : ` and ${lost.length - 1} more`;
    first.draft.scope.warn(
      `the address of pod ${namespacedName(first.draft)}, ${first.ip},${more} cannot be kept: it is not in its node's podCIDR, or already in use`,
      "give the nodes the podCIDRs of the cluster: nodes: [{ name: …, podCIDR: … }]",
    );
  }
  return found;
}
