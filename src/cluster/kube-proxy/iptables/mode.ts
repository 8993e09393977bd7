/** kube-proxy's default mode. */
import { because } from "../../../cause.ts";
import type { ProxyMode } from "../mode.ts";
import { nodePortAddresses } from "../service-ports.ts";
import { sharedRules } from "../shared-rules.ts";
import { planProxyIptables } from "./rules.ts";

export const iptables: ProxyMode = {
  name: "iptables",
  engine: "iptables",
  rules(input, draft) {
    draft.addRules("kube-proxy", sharedRules(input).lines(planProxyIptables(input)));
    if (nodePortAddresses(input, input.proxy.nodePortAddresses).localhost)
      draft.add({
        kind: "sysctl",
        key: "net.ipv4.conf.all.route_localnet",
        value: "1",
        cause: because(input.proxy.cause, "node ports answer on 127.0.0.1: loopback addresses are routed"),
      });
  },
};
