/** What is in the namespaces of an attachment, before and after a plugin: what is new was made by it. */
import { FAMILIES } from "../../net/families.ts";
import type { Family } from "../../net/family.ts";
import { listTables } from "../../kernel/nftables/tables.ts";
import { INHERITED } from "../../resources/sysctl/untouched.ts";
import type { ObservedIptables } from "../../resources/observed.ts";
import { lookAtIptables } from "../../resources/iptables/apply.ts";
import { observeNamespace } from "../observe-namespace.ts";
import type { ObservedNamespace } from "../observe-namespace.ts";
import type { LabRuntime } from "../runtime.ts";

export interface NamespaceSnapshot extends ObservedNamespace {
  readonly ns: string;
  readonly iptables: Readonly<Partial<Record<Family, ObservedIptables>>>;
  /** `bridge nat`; those of iptables among them. */
  readonly nftTables: readonly string[];
}

const NFT_OF = { ipv4: "ip", ipv6: "ip6" } as const satisfies Record<Family, string>;

/** Undefined where the namespace is gone. */
export async function takeSnapshot(runtime: LabRuntime, ns: string): Promise<NamespaceSnapshot | undefined> {
  const handle = runtime.find(ns);
  if (handle === undefined) return undefined;
  const nftTables = listTables(handle);
  const iptables: Partial<Record<Family, ObservedIptables>> = {};
  for (const family of FAMILIES) {
    if (!nftTables.some((name) => name.startsWith(`${NFT_OF[family]} `))) continue;
    Object.assign(iptables, (await runtime.knownRules.read(ns, handle, lookAtIptables(family))).iptables);
  }
  return { ns, ...observeNamespace(handle, { sysctls: INHERITED }), iptables, nftTables };
}
