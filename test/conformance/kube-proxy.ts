/** Upstream's golden rule sets, chain names and probabilities (shared/conformance/kube-proxy) for tests of rule generators. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProxyInput } from "../../src/kube/service/service.ts";
import { absence, CONFORMANCE } from "./data.ts";
import { serviceOf, sliceOf } from "./kube-proxy-flows.ts";

type KubeObject = Parameters<typeof serviceOf>[0] | Parameters<typeof sliceOf>[0];

interface Files {
  "golden-rules": {
    id: string;
    backend: string;
    objects: KubeObject[];
    config: {
      podCIDR?: string;
      nfacct?: boolean;
      randomFully?: boolean;
      tcpBeLiberal?: boolean;
      localhostNodePorts?: boolean;
      serviceCIDRs?: string;
      nodePortAddresses?: string[];
    };
    rules?: string[];
  };
  "chain-name-vectors": { input: string; chain: string; backend?: string };
  "probability-vectors": { remainingEndpoints: number; probability: string };
  "packet-flows-iptables": {
    test: string;
    name: string;
    expectKubeFirewallRule?: boolean;
    expectServiceRuleForLoadBalancerIP?: { ip: string; exists: boolean };
  };
}

/** Undefined when the data is there. */
export const KUBE_PROXY_ABSENT = absence("kube-proxy");

/** Cases of a file; none where the data is not on this machine. */
export function kubeProxyCases<K extends keyof Files>(name: K): readonly Files[K][] {
  if (KUBE_PROXY_ABSENT !== undefined) return [];
  const text = readFileSync(join(CONFORMANCE, "kube-proxy", `${name}.json`), "utf8");
  return (JSON.parse(text) as { cases: Files[K][] }).cases;
}

/** What upstream's test proxies work from: one address, pods in 10.0.0.0/8. */
export function goldenInput({ objects, config }: Files["golden-rules"], mode: "iptables" | "nftables"): ProxyInput {
  return {
    family: "ipv4",
    nodeName: "test-node",
    nodeIPs: ["192.168.0.2"],
    podCIDR: config.podCIDR ?? "10.0.0.0/8",
    serviceCIDR: config.serviceCIDRs,
    services: objects.filter((object) => object.kind === "Service").map(serviceOf),
    slices: objects.filter((object) => object.kind === "EndpointSlice").map(sliceOf),
    proxy: {
      mode,
      masqueradeAll: false,
      nodePortAddresses: config.nodePortAddresses,
      localhostNodePorts: config.localhostNodePorts ?? mode === "iptables",
      cause: { object: "kube-proxy", reason: "conformance data" },
    },
  };
}
