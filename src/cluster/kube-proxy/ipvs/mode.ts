/** kube-proxy with the kernel's virtual servers. */
import { because } from "../../../cause.ts";
import { newAddress } from "../../../fabric/device.ts";
import { newSysctl } from "../../../fabric/specs.ts";
import { HOST_LENGTH } from "../../../net/families.ts";
import { SERVICE_DEVICE } from "../../../resources/policy-names.ts";
import type { ProxyMode } from "../mode.ts";
import { boundAddresses, planProxyIpvs } from "./plan.ts";

/** What IPVS needs from the kernel (kubernetes pkg/proxy/ipvs/proxier.go); conn_reuse_mode is left alone since Linux 5.9. */
const SYSCTLS = [
  ["net.ipv4.vs.conntrack", "1", "connections through IPVS are tracked, so that they can be masqueraded"],
  ["net.ipv4.vs.expire_nodest_conn", "1", "a connection ends with its endpoint"],
  ["net.ipv4.vs.expire_quiescent_template", "1", "a client's affinity ends with its endpoint"],
] as const;

const STRICT_ARP = [
  ["net.ipv4.conf.all.arp_ignore", "1", "strictARP: only for addresses of the receiving device"],
  ["net.ipv4.conf.all.arp_announce", "2", "strictARP: with an address of the sending device"],
] as const;

export const ipvs: ProxyMode = {
  name: "ipvs",
  engine: "ipvs",
  /** Both families share the device that has the Services' addresses. */
  devices(input, draft) {
    const cause = because(
      input.proxy.cause,
      "the node has the Services' addresses, so that it takes their packets itself",
    );
    if (!draft.of("dummy").some(({ name }) => name === SERVICE_DEVICE))
      draft.addDummy({ name: SERVICE_DEVICE, up: false, cause });
    draft.addAll(
      boundAddresses(input).map((one) =>
        newAddress(SERVICE_DEVICE, `${one.address}/${HOST_LENGTH[input.family]}`, one.cause),
      ),
    );
  },
  rules(input, draft) {
    const { proxy, family } = input;
    const { sets, iptables, servers } = planProxyIpvs(input);
    draft.addRules("kube-proxy", iptables);
    draft.addAll(sets);
    for (const [key, value, reason] of [...SYSCTLS, ...(proxy.ipvs?.strictARP === true ? STRICT_ARP : [])])
      draft.addSysctlOnce(newSysctl({ key, value, cause: because(proxy.cause, reason) }));
    draft.add({ kind: "ipvs", family, lines: servers, cause: because(proxy.cause, "kube-proxy in ipvs mode") });
  },
};
