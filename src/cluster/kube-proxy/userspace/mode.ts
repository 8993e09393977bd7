/** kube-proxy's oldest mode: a process carries the connections. */
import { FAMILY_NAMES } from "../../../net/families.ts";
import type { ProxyMode } from "../mode.ts";
import { servicePorts } from "../service-ports.ts";
import { PORT_COUNT } from "./ports.ts";
import { planProxyUserspace } from "./rules.ts";

export const userspace: ProxyMode = {
  name: "userspace",
  engine: "userspace",
  check(services, families, scope) {
    for (const family of families)
      for (const protocol of ["tcp", "udp"]) {
        const count = servicePorts({ services, family }).filter((port) => port.protocol === protocol).length;
        if (count > PORT_COUNT)
          scope.error(
            `kube-proxy in userspace mode has ports for ${PORT_COUNT} Service ports, and there are ${count} of ${FAMILY_NAMES[family]} and ${protocol}`,
            "use mode iptables or nftables",
          );
      }
  },
  rules(input, draft) {
    const taken = new Set(draft.of("server").map(({ protocol, port }) => `${protocol} ${port}`));
    const { iptables, proxies } = planProxyUserspace(input, taken);
    draft.addRules("kube-proxy", iptables);
    draft.addAll(proxies);
  },
};
