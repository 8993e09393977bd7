/** The part of kube-proxy's nftables table that is there with and without Services: hooks, maps, marks, checks. */
import { MASQUERADE_MARK } from "../marks.ts";
import { markText } from "../../marks.ts";
import type { ProxyInput } from "../../../kube/service/service.ts";
import { because } from "../../../cause.ts";
import type { NftDraft } from "./draft.ts";
import type { NodePortAddresses } from "../service-ports.ts";

const MARK = markText(MASQUERADE_MARK.bits);

/** Name, hook and priority; 110 before 0 and 100 before 0 as NF_IP_PRI_NAT_DST has it. */
const BASE_CHAINS = [
  ["filter-prerouting-pre-dnat", "type filter hook prerouting priority -110"],
  ["filter-output-pre-dnat", "type filter hook output priority -110"],
  ["filter-input", "type filter hook input priority 0"],
  ["filter-forward", "type filter hook forward priority 0"],
  ["filter-output", "type filter hook output priority 0"],
  ["nat-prerouting", "type nat hook prerouting priority -100"],
  ["nat-output", "type nat hook output priority -100"],
  ["nat-postrouting", "type nat hook postrouting priority 100"],
] as const;

/** To, from, match. */
const JUMPS = [
  ["nodeport-endpoints-check", "filter-input", "ct state new"],
  ["service-endpoints-check", "filter-input", "ct state new"],
  ["service-endpoints-check", "filter-forward", "ct state new"],
  ["service-endpoints-check", "filter-output", "ct state new"],
  ["firewall-check", "filter-prerouting-pre-dnat", "ct state new"],
  ["firewall-check", "filter-output-pre-dnat", "ct state new"],
  ["services", "nat-output", ""],
  ["services", "nat-prerouting", ""],
  ["masquerading", "nat-postrouting", ""],
  ["cluster-ips-check", "filter-forward", "ct state new"],
  ["cluster-ips-check", "filter-output", "ct state new"],
] as const;

function addSets(draft: NftDraft, address: string): void {
  const destination = `${address} . inet_proto . inet_service : verdict`;
  const nodePort = "inet_proto . inet_service : verdict";
  const map = (name: string, type: string, comment: string): void => draft.set({ kind: "map", name, type, comment });
  draft.set({ kind: "set", name: "cluster-ips", type: address, comment: "Active ClusterIPs" });
  map("no-endpoint-services", destination, "vmap to drop or reject packets to services with no endpoints");
  map("no-endpoint-nodeports", nodePort, "vmap to drop or reject packets to service nodeports with no endpoints");
  map("firewall-ips", destination, "destinations that are subject to LoadBalancerSourceRanges");
  map("service-ips", destination, "ClusterIP, ExternalIP and LoadBalancer IP traffic");
  map("service-nodeports", nodePort, "NodePort traffic");
}

export function addStaticTable(draft: NftDraft, input: ProxyInput, nodePorts: NodePortAddresses): void {
  const { cause } = input.proxy;
  const six = input.family === "ipv6";
  const ip = six ? "ip6" : "ip";
  const address = six ? "ipv6_addr" : "ipv4_addr";
  addSets(draft, address);
  if (!nodePorts.all) {
    draft.set({ kind: "set", name: "nodeport-ips", type: address, comment: "IPs that accept NodePort traffic" });
    for (const own of nodePorts.addresses)
      // there are no localhost node ports in this mode
      if (own !== "127.0.0.1" && own !== "::1")
        draft.element("nodeport-ips", own, "", because(cause, "a node address that accepts node ports"));
  }
  for (const [name, hook] of BASE_CHAINS) draft.chain(name, { hook });
  for (const [to, from, match] of JUMPS) {
    draft.chain(to);
    draft.rule(from, `${match === "" ? "" : `${match} `}jump ${to}`, because(cause, "kube-proxy's hook"));
  }
  draft.chain("reject-chain", { comment: "helper for @no-endpoint-services / @no-endpoint-nodeports" });
  const add = (chain: string, text: string, reason: string): void => draft.rule(chain, text, because(cause, reason));
  add("mark-for-masquerade", `mark set mark or ${MARK}`, "marked packets are masqueraded on the way out");
  add("masquerading", `mark and ${MARK} == 0 return`, "without the mark nothing is masqueraded here");
  add("masquerading", `mark set mark xor ${MARK}`, "the mark is cleared: the packet may pass here again (VXLAN)");
  add("masquerading", "masquerade fully-random", "the node's address replaces the client's");
  add(
    "cluster-ips-check",
    `${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
    "a cluster IP has no other ports",
  );
  if (input.serviceCIDR !== undefined)
    add(
      "cluster-ips-check",
      `${ip} daddr { ${input.serviceCIDR} } drop comment "Drop traffic to unallocated ClusterIPs"`,
      "no Service has this address",
    );
  add("reject-chain", "reject", "the client is rejected: there are no endpoints");
  const destination = `${ip} daddr . meta l4proto . th dport vmap`;
  const notLoopback = six ? "ip6 daddr != ::1" : "ip daddr != 127.0.0.0/8";
  const ownAddress = `${ip} daddr @nodeport-ips`;
  const nodePort = "meta l4proto . th dport vmap";
  const checked = nodePorts.all ? notLoopback : ownAddress;
  const taken = nodePorts.all ? `fib daddr type local ${notLoopback}` : ownAddress;
  add("service-endpoints-check", `${destination} @no-endpoint-services`, "Services without endpoints");
  add("nodeport-endpoints-check", `${checked} ${nodePort} @no-endpoint-nodeports`, "node ports without endpoints");
  add("firewall-check", `${destination} @firewall-ips`, "loadBalancerSourceRanges");
  add("services", `${destination} @service-ips`, "all addresses that are a Service's own");
  add("services", `${taken} ${nodePort} @service-nodeports`, "node ports, on the node's addresses");
}
