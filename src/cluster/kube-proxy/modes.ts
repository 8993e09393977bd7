/** Registry of kube-proxy's modes: what each puts on a node. */
import type { ProxyInput, ProxyMode } from "../../kube/service/service.ts";
import type { Family } from "../../net/family.ts";
import { because } from "../../cause.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import { newAddress } from "../../fabric/device.ts";
import { newSysctl } from "../../fabric/specs.ts";
import { HOST_LENGTH } from "../../net/families.ts";
import { SERVICE_DEVICE } from "../../resources/policy-names.ts";
import { planProxyIptables } from "./iptables.ts";
import { boundAddresses, planProxyIpvs } from "./ipvs.ts";
import { planProxyNftables } from "./nftables.ts";
import { planProxyUserspace } from "./userspace.ts";
import { nodePortAddresses, proxiedPorts } from "./service-ports.ts";
import { sharedRules } from "./shared-rules.ts";
import { udpFlows } from "./udp-flows.ts";

/** Adds the rules of one kube-proxy, for one family, to its node. */
type AddProxy = (input: ProxyInput, draft: NodeDraft) => void;

/** What a kube-proxy of any mode sets (kubernetes cmd/kube-proxy, conntrack.go), and what a bridge must do for it. */
function addSysctls(input: ProxyInput, draft: NodeDraft): void {
  const { cause } = input.proxy;
  const add = (key: string, value: string, reason: string): void => {
    draft.addSysctlOnce(newSysctl({ key, value, optional: true, cause: because(cause, reason) }));
  };
  add(
    "net.netfilter.nf_conntrack_tcp_timeout_established",
    "86400",
    "kube-proxy's conntrack.tcpEstablishedTimeout: an idle connection is remembered for a day",
  );
  add(
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait",
    "3600",
    "kube-proxy's conntrack.tcpCloseWaitTimeout: half-closed connections are remembered for an hour",
  );
  if (input.proxy.tcpBeLiberal === true)
    add(
      "net.netfilter.nf_conntrack_tcp_be_liberal",
      "1",
      "kube-proxy's conntrack.tcpBeLiberal: packets outside the window do not invalidate a connection",
    );
  const call = { ipv4: "iptables", ipv6: "ip6tables" } as const satisfies Record<Family, string>;
  add(
    `net.bridge.bridge-nf-call-${call[input.family]}`,
    "1",
    "answers between two pods of one bridge pass conntrack too, which puts the Service's address back",
  );
}

const addIptables: AddProxy = (input, draft) => {
  draft.addRulesFirst("kube-proxy", sharedRules(input).lines(planProxyIptables(input)));
  if (nodePortAddresses(input, input.proxy.nodePortAddresses).localhost)
    draft.add({
      kind: "sysctl",
      key: "net.ipv4.conf.all.route_localnet",
      value: "1",
      cause: because(input.proxy.cause, "node ports answer on 127.0.0.1: loopback addresses are routed"),
    });
};

const addNftables: AddProxy = (input, draft) => {
  const { cause } = input.proxy;
  draft.add({
    kind: "nft",
    family: input.family,
    table: "kube-proxy",
    comment: "rules for kube-proxy",
    objects: sharedRules(input).objects(input.family, planProxyNftables(input)),
    cause: because(cause, "kube-proxy in nftables mode"),
  });
};

const addUserspace: AddProxy = (input, draft) => {
  const taken = new Set(draft.of("server").map(({ protocol, port }) => `${protocol} ${port}`));
  const { first, last, proxies } = planProxyUserspace(input, taken);
  draft.addRulesFirst("kube-proxy", first);
  draft.addRules("kube-proxy-last", last);
  draft.addAll(proxies);
};

/** What IPVS needs from the kernel (kubernetes pkg/proxy/ipvs/proxier.go); conn_reuse_mode is left alone since Linux 5.9. */
const IPVS_SYSCTLS = [
  ["net.ipv4.vs.conntrack", "1", "connections through IPVS are tracked, so that they can be masqueraded"],
  ["net.ipv4.vs.expire_nodest_conn", "1", "a connection ends with its endpoint"],
  ["net.ipv4.vs.expire_quiescent_template", "1", "a client's affinity ends with its endpoint"],
] as const;

const STRICT_ARP = [
  ["net.ipv4.conf.all.arp_ignore", "1", "strictARP: only for addresses of the receiving device"],
  ["net.ipv4.conf.all.arp_announce", "2", "strictARP: with an address of the sending device"],
] as const;

const addIpvs: AddProxy = (input, draft) => {
  const { proxy, family } = input;
  const { sets, iptables, servers } = planProxyIpvs(input);
  draft.addRulesFirst("kube-proxy", iptables);
  draft.addAll(sets);
  for (const [key, value, reason] of [...IPVS_SYSCTLS, ...(proxy.ipvs?.strictARP === true ? STRICT_ARP : [])])
    draft.addSysctlOnce(newSysctl({ key, value, cause: because(proxy.cause, reason) }));
  draft.add({ kind: "ipvs", family, lines: servers, cause: because(proxy.cause, "kube-proxy in ipvs mode") });
};

/** Device that has the Services' addresses. Both families share it. */
const addIpvsDevice: AddProxy = (input, draft) => {
  const { proxy, family } = input;
  const bound = boundAddresses(input).map(({ address, cause }) =>
    newAddress(SERVICE_DEVICE, `${address}/${HOST_LENGTH[family]}`, cause),
  );
  const cause = because(proxy.cause, "the node has the Services' addresses, so that it takes their packets itself");
  if (!draft.of("dummy").some(({ name }) => name === SERVICE_DEVICE))
    draft.addDummy({ name: SERVICE_DEVICE, up: false, cause });
  draft.addAll(bound);
};

const PROXY_MODES = {
  iptables: addIptables,
  nftables: addNftables,
  userspace: addUserspace,
  ipvs: addIpvs,
} satisfies Record<ProxyMode, AddProxy>;

/** The listeners on healthCheckNodePorts: a load balancer asks them which nodes have endpoints of their own. */
function addHealthServers(input: ProxyInput, draft: NodeDraft): void {
  if (input.services.every((service) => service.healthCheckNodePort === 0)) return;
  for (const { service, healthCheckNodePort: port, endpoints } of proxiedPorts(input).ports) {
    const { namespace, name } = service;
    if (port === 0 || draft.of("server").some((server) => server.protocol === "tcp" && server.port === port)) continue;
    const ready = endpoints.local.filter((endpoint) => endpoint.ready).map((endpoint) => endpoint.address);
    draft.addServer({
      protocol: "tcp",
      port,
      health: { namespace, service: name, localEndpoints: new Set(ready).size },
      cause: because(
        service.cause,
        `healthCheckNodePort ${port}: shows load balancers whether this node has endpoints`,
      ),
    });
  }
}

/** In modes in which the kernel translates UDP, conntrack keeps flows; in userspace mode the agent does. */
function addUdpFlows(input: ProxyInput, draft: NodeDraft): void {
  const { proxy, family } = input;
  if (proxy.conntrackCleanup === false || proxy.mode === "userspace") return;
  const cause = because(proxy.cause, "UDP flows to endpoints that are gone are deleted");
  // Even without any UDP Service: the last one may have gone, and its flows must go with it.
  draft.add({ kind: "conntrack", family, services: udpFlows(input), cause });
}

/** Devices that kube-proxy makes on its node. */
export function addProxyDevices(input: ProxyInput, draft: NodeDraft): void {
  if (input.proxy.mode === "ipvs") addIpvsDevice(input, draft);
}

/** Throws InputError where a mode has no room for all Services. */
export function addProxy(input: ProxyInput, draft: NodeDraft): void {
  addSysctls(input, draft);
  PROXY_MODES[input.proxy.mode](input, draft);
  addUdpFlows(input, draft);
  // The userspace proxy never had health check listeners.
  if (input.proxy.mode !== "userspace") addHealthServers(input, draft);
}
