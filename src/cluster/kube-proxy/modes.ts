/** The modes of kube-proxy: a new one is a folder and a line here. Network plugins that make Services have one of their own. */
import type { KubeProxySpec, ProxyEngine } from "../../kube/service/service.ts";
import { ownProxyMode } from "../cni/registry.ts";
import { iptables } from "./iptables/mode.ts";
import { ipvs } from "./ipvs/mode.ts";
import type { ProxyMode } from "./mode.ts";
import { nftables } from "./nftables/mode.ts";
import { userspace } from "./userspace/mode.ts";

const MODES: Readonly<Record<string, ProxyMode>> = {
  iptables,
  nftables,
  userspace,
  ipvs,
};

export const PROXY_MODES: ReadonlyMap<string, ProxyMode> = new Map(Object.entries(MODES));
export const DEFAULT_PROXY_MODE = iptables.name;

/** Throws TypeError for a name that no lab file can have. */
export function proxyMode({ mode }: Pick<KubeProxySpec, "mode">): ProxyMode {
  const found = PROXY_MODES.get(mode) ?? ownProxyMode(mode);
  if (found === undefined) throw new TypeError(`unknown mode ${mode} of kube-proxy`);
  return found;
}

export function engineOf(proxy: Pick<KubeProxySpec, "mode">): ProxyEngine {
  return proxyMode(proxy).engine;
}
