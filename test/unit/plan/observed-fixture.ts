/** The observed state of a lab that is exactly as planned, made from its resources; tests then take things away from it. */
import type { NamespaceState, ObservedLink, ObservedState } from "../../../src/resources/observed.ts";
import type { LinkSettings } from "../../../src/resources/link-settings.ts";
import { OWN_RULES } from "../../../src/resources/own-rules.ts";
import type { Resource } from "../../../src/resources/resource.ts";
import { formatIptablesArgs } from "../../../src/resources/iptables/table-words.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

function link(name: string, kind: string, settings: LinkSettings, more: Partial<ObservedLink> = {}): ObservedLink {
  const { mac = "02:00:00:00:00:00", mtu = 1500, up, master, hairpin, isolated, learning } = settings;
  return { index: 1, name, kind, mac, mtu, up, carrier: up, master, hairpin, isolated, learning, ...more };
}

export function observedAs(resources: readonly Resource[]): ObservedState & {
  readonly namespaces: Record<string, Mutable<NamespaceState>>;
  readonly applied: Record<string, Resource>;
  running: string[];
} {
  const namespaces: Record<string, Mutable<NamespaceState>> = {};
  const sysctls: Record<string, Record<string, string>> = {};
  const iptables: Record<
    string,
    Record<string, Record<string, Record<string, { policy: string; rules: string[] }>>>
  > = {};
  const afterApply: Record<string, Record<string, string[]>> = {};
  const at = (ns: string): Mutable<NamespaceState> =>
    (namespaces[ns] ??= {
      ns,
      node: ns,
      netns: ns,
      exists: true,
      links: [],
      addrs: [],
      routes: [],
      rules: OWN_RULES.map(({ family, priority, table }) => ({ family, priority, table })),
      neighs: [],
      fdb: [],
      sysctls: (sysctls[ns] = {}),
      iptables: (iptables[ns] = {}),
      qdiscs: [],
    });
  for (const resource of resources) {
    const state = at(resource.ns);
    switch (resource.kind) {
      case "netns":
        state.node = resource.node;
        break;
      case "veth":
        state.links.push(
          link(resource.name, "veth", resource, { peer: { ns: resource.peer.ns, name: resource.peer.name } }),
        );
        at(resource.peer.ns).links.push(
          link(resource.peer.name, "veth", resource.peer, { peer: { ns: resource.ns, name: resource.name } }),
        );
        break;
      case "bridge":
        state.links.push(
          link(resource.name, "bridge", resource, { stp: resource.stp, ageingSeconds: resource.ageingSeconds ?? 300 }),
        );
        break;
      case "vxlan":
        state.links.push(link(resource.name, "vxlan", resource, { vxlan: resource }));
        break;
      case "addr":
        state.addrs.push({
          dev: resource.dev,
          address: resource.address,
          family: resource.family,
          scope: "global",
          tentative: false,
        });
        break;
      case "route":
        state.routes.push({
          ...resource,
          metric: resource.metric ?? (resource.family === "ipv6" ? 1024 : undefined),
          scope: resource.scope ?? "global",
          protocol: resource.protocol ?? "boot",
        });
        break;
      case "rule":
        state.rules.push(resource);
        break;
      case "neigh":
        state.neighs.push({ ...resource, state: resource.mac === undefined ? "proxy" : "permanent" });
        break;
      case "fdb":
        state.fdb.push({
          dev: resource.dev,
          mac: resource.mac,
          dst: resource.dst,
          permanent: true,
          self: resource.dst !== undefined,
        });
        break;
      case "sysctl":
        (sysctls[resource.ns] ??= {})[resource.key] = resource.value.replaceAll(" ", "\t");
        break;
      case "qdisc":
        state.qdiscs.push({
          dev: resource.dev,
          kind: "tbf",
          rate: resource.rate,
          burst: resource.burst - 3,
          latency: resource.latency,
        });
        break;
      case "iptables":
        for (const chain of resource.chains) {
          const rules = chain.rules.map((rule) => formatIptablesArgs(rule.args));
          (((iptables[resource.ns] ??= {})[resource.family] ??= {})[resource.table] ??= {})[chain.name] = {
            policy: chain.builtin ? (chain.policy ?? "ACCEPT") : "-",
            rules,
          };
          (afterApply[resource.id] ??= {})[chain.name] = [...rules];
        }
        break;
      default:
        break;
    }
  }
  const running = resources.filter(({ kind }) => kind === "server" || kind === "process").map(({ id }) => id);
  // The agent keeps resources as JSON.
  const applied = JSON.parse(
    JSON.stringify(Object.fromEntries(resources.map((resource) => [resource.id, resource]))),
  ) as Record<string, Resource>;
  return { namespaces, applied, iptablesAfterApply: afterApply, running };
}
