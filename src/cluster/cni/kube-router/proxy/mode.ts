/** kube-router's service proxy: IPVS, with rules and sets of its own (pkg/controllers/proxy/network_services_controller.go). */
import { because } from "../../../../cause.ts";
import { newAddress } from "../../../../fabric/device.ts";
import type { NodeDraft } from "../../../../fabric/node-draft.ts";
import { newRoute, newRule, newSysctl } from "../../../../fabric/specs.ts";
import type { ProxyInput } from "../../../../kube/service/service.ts";
import { HOST_LENGTH } from "../../../../net/families.ts";
import type { ProxyMode } from "../../../kube-proxy/mode.ts";
import { setName } from "../names.ts";
import { comment } from "../netpol/comments.ts";
import { ICMP } from "../netpol/icmp.ts";
import { routerSet } from "../router-set.ts";
import { addDirectRouting, markRules } from "./direct.ts";
import { planRouterProxy } from "./plan.ts";
import type { RouterPlan } from "./plan.ts";
import { strangeAnnotation } from "./services.ts";

const DEVICE = "kube-dummy-if";
const FIREWALL = "KUBE-ROUTER-SERVICES";
const HAIRPIN = "KUBE-ROUTER-HAIRPIN";
const SETS = { local: "kube-router-local-ips", addresses: "kube-router-svip", ports: "kube-router-svip-prt" } as const;
const LOCAL_TABLE = 255;

const SYSCTLS = [
  ["net.ipv4.vs.conntrack", "1", "connections through IPVS are tracked, so that they can be masqueraded"],
  ["net.ipv4.vs.expire_nodest_conn", "1", "a connection ends with its endpoint"],
  ["net.ipv4.vs.expire_quiescent_template", "1", "a client's affinity ends with its endpoint"],
  ["net.ipv4.vs.conn_reuse_mode", "0", "a client's port that is used again stays with its endpoint"],
  ["net.ipv4.conf.all.arp_ignore", "1", "no ARP for Services' addresses: only for those of the receiving device"],
  ["net.ipv4.conf.all.arp_announce", "2", "ARP with an address of the sending device"],
  [
    "net.ipv4.conf.all.rp_filter",
    "2",
    "pods answer from Services' addresses: sources need some way back, not the same",
  ],
] as const;

const LOOPBACK = { ipv4: "127.0.0.1", ipv6: "::1" } as const;

/** What is on no device of Services, bridge of pods or Docker, the primary address first. */
function localAddresses({ family, nodeIPs }: ProxyInput, draft: NodeDraft): readonly string[] {
  const others = new Set(
    draft
      .of("addr")
      .filter(({ dev }) => /dummy|kube|docker/.test(dev))
      .map(({ address }) => address.slice(0, address.indexOf("/"))),
  );
  return [...nodeIPs.filter((address) => !others.has(address)), LOOPBACK[family]];
}

/** Services' addresses let in Services' ports, and refuse the others: they are the node's own. */
function addFirewall(input: ProxyInput, { served }: RouterPlan, local: readonly string[], draft: NodeDraft): void {
  const { family, proxy } = input;
  const add = (chain: string, reason: string, ...words: readonly string[]): void =>
    draft.addRules("kube-proxy", [newRule(family, "filter", chain, words, because(proxy.cause, reason))]);
  const match = (name: string, ...more: readonly string[]) => ["-m", "set", ...more, setName(name, family)];
  add(
    "INPUT",
    "what is for an address of a Service",
    ...comment("handle traffic to IPVS service IPs in custom chain"),
    ...match(SETS.addresses, "--match-set"),
    "dst",
    "-j",
    FIREWALL,
  );
  const { protocol, option, types } = ICMP[family];
  for (const [type, text] of types)
    add(FIREWALL, "Services' addresses answer pings", ...comment(text), "-p", protocol, option, type, "-j", "ACCEPT");
  add(
    FIREWALL,
    "a virtual server takes it",
    ...comment("allow input traffic to ipvs services"),
    ...match(SETS.ports, "--match-set"),
    "dst,dst",
    "-j",
    "ACCEPT",
  );
  add(
    FIREWALL,
    "no Service has this port, and the node's own listeners must not answer on Services' addresses",
    ...comment("reject all unexpected traffic to service IPs"),
    ...match(SETS.local, "!", "--match-set"),
    "dst",
    "-j",
    "REJECT",
    "--reject-with",
    family === "ipv4" ? "icmp-port-unreachable" : "icmp6-port-unreachable",
  );
  const addresses = [...new Set([...served].map((entry) => entry.slice(0, entry.indexOf(","))))];
  const set = (name: string, type: "hash:ip" | "hash:ip,port", entries: readonly string[], reason: string): void =>
    draft.add(routerSet("kube-proxy", setName(name, family), family, type, entries, because(proxy.cause, reason)));
  set(SETS.local, "hash:ip", local, "addresses of the node itself");
  set(SETS.addresses, "hash:ip", addresses, "addresses of Services");
  set(SETS.ports, "hash:ip,port", [...served], "addresses of Services with their ports");
}

/** Which packets to endpoints get an address of the node as their source. */
function addSourceRules(input: ProxyInput, { hairpins }: RouterPlan, draft: NodeDraft): void {
  const { family, proxy, nodeCIDR, nodeIPs } = input;
  const [primary] = nodeIPs;
  const add = (chain: string, reason: string, ...words: readonly string[]): void =>
    draft.addRules("kube-proxy", [newRule(family, "nat", chain, words, because(proxy.cause, reason))]);
  const masquerade = (reason: string, ...match: readonly string[]): void => {
    const ipvs = ["-m", "ipvs", "--ipvs", "--vdir", "ORIGINAL", "--vmethod", "MASQ", ...comment("")];
    if (primary !== undefined)
      add("POSTROUTING", reason, ...ipvs, ...match, "-j", "SNAT", "--to-source", primary, "--random-fully");
  };
  if (proxy.masqueradeAll) masquerade("--masquerade-all");
  if (nodeCIDR !== undefined)
    masquerade("a pod elsewhere must answer through this node", "!", "-s", nodeCIDR, "!", "-d", nodeCIDR);
  if (hairpins.length === 0) return;
  add("POSTROUTING", "pods that reach themselves", "-m", "ipvs", "--vdir", "ORIGINAL", "-j", HAIRPIN);
  for (const { endpoint, address, port, cause } of hairpins) {
    const own = ["-s", endpoint, "-d", endpoint, "-m", "ipvs", "--vaddr", address, "--vport", String(port)];
    draft.addRules("kube-proxy", [
      newRule(family, "nat", HAIRPIN, [...own, "-j", "SNAT", "--to-source", address], cause),
    ]);
  }
}

export const routerProxy: ProxyMode = {
  name: "kube-router",
  engine: "kube-router",
  own: true,
  check(services, _families, { mistakes }) {
    for (const service of services) {
      const strange = strangeAnnotation(service);
      if (strange !== undefined && service.cause.source !== undefined)
        mistakes.add("warning", service.cause.source, [], ...strange);
    }
  },
  devices(input, draft) {
    const cause = because(input.proxy.cause, "the node has Services' addresses, so that it takes their packets itself");
    if (!draft.of("dummy").some(({ name }) => name === DEVICE)) draft.addDummy({ name: DEVICE, cause });
    for (const [address, why] of planRouterProxy(input, []).bound)
      draft.add({
        ...newAddress(DEVICE, `${address}/${HOST_LENGTH[input.family]}`, why),
        // IPv6 has the scope of the address itself.
        ...(input.family === "ipv4" ? { scope: "link" } : {}),
      });
  },
  rules(input, draft) {
    const { family, proxy, nodeIPs, mtu = 1500 } = input;
    const local = localAddresses(input, draft);
    const plan = planRouterProxy(input, local);
    addFirewall(input, plan, local, draft);
    addSourceRules(input, plan, draft);
    for (const one of plan.direct) draft.addRules("kube-proxy", markRules(one, mtu));
    addDirectRouting(family, plan.direct, proxy.cause, draft);
    for (const [address, cause] of plan.bound)
      draft.add(
        newRoute({
          to: `${address}/${HOST_LENGTH[family]}`,
          family,
          type: "local",
          dev: DEVICE,
          table: LOCAL_TABLE,
          src: nodeIPs[0],
          protocol: "kernel",
          ...(family === "ipv4" ? { scope: "host" } : {}),
          cause: because(cause, "the node itself speaks to Services from its own address"),
        }),
      );
    for (const [key, value, reason] of SYSCTLS)
      draft.addSysctlOnce(newSysctl({ key, value, cause: because(proxy.cause, reason) }));
    draft.add({ kind: "ipvs", family, lines: plan.servers.lines, cause: because(proxy.cause, "virtual servers") });
  },
};
