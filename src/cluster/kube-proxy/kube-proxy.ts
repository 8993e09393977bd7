/** A kube-proxy on its node: what it does in any mode, and its mode's part. */
import type { ProxyInput } from "../../kube/service/service.ts";
import type { Family } from "../../net/family.ts";
import { because } from "../../cause.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import { newSysctl } from "../../fabric/specs.ts";
import { proxyMode } from "./modes.ts";
import { proxiedPorts } from "./service-ports.ts";
import { udpFlows } from "./udp-flows.ts";

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
  if (proxy.conntrackCleanup === false) return;
  const cause = because(proxy.cause, "UDP flows to endpoints that are gone are deleted");
  // Even without any UDP Service: the last one may have gone, and its flows must go with it.
  draft.add({ kind: "conntrack", family, services: udpFlows(input), cause });
}

/** Devices that kube-proxy makes on its node. */
export function addProxyDevices(input: ProxyInput, draft: NodeDraft): void {
  proxyMode(input.proxy).devices?.(input, draft);
}

export function addProxy(input: ProxyInput, draft: NodeDraft): void {
  const mode = proxyMode(input.proxy);
  if (mode.own !== true) addSysctls(input, draft);
  mode.rules(input, draft);
  // The userspace proxy never had health check listeners.
  if (mode.engine === "userspace") return;
  if (mode.own !== true) addUdpFlows(input, draft);
  addHealthServers(input, draft);
}
