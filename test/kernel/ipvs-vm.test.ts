/**
 * kube-proxy's ipvs mode for real, in a virtual machine whose kernel has IPVS and dummy devices: a program that runs a script
 * there (K8SNET_VM, else ../shared/tools/vmrun). Emulated: one call does it all.
 */
import { expect, test } from "vitest";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { PATIENCE, runGuest } from "../vm/guest.ts";
import type { Convergence } from "../vm/guest-lab.ts";
import type { Judged } from "./trace-matrix.ts";
import { isVmThere } from "../vm/machine.ts";

const pod = (name: string, app: string, node: string): string => `---
{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${app} } }, spec: { nodeName: ${node}, containers: [{ name: c, image: x, ports: [{ containerPort: 8080 }] }] } }
`;
const service = (name: string, ip: number, more: string, app = "web"): string => `---
{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { clusterIP: 10.96.0.${ip}, selector: { app: ${app} }, ${more} } }
`;
const PORT = "{ port: 80, targetPort: 8080 }";

function resources(mode: string): readonly Resource[] {
  const text = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: vm }
spec:
  cluster:
    nodes: [n1, n2]
    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]
    serviceCIDR: [10.96.0.0/16, "fd00:10:96::/112"]
    dns: false
    kubeProxy: ${mode}
${pod("web-1", "web", "n1")}${pod("web-2", "web", "n2")}${pod("client", "client", "n1")}${pod("shy", "shy", "n1")}
${service("web", 99, `clusterIPs: [10.96.0.99, "fd00:10:96::99"], ipFamilyPolicy: PreferDualStack, type: NodePort, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }]`)}
${service("sticky", 98, `sessionAffinity: ClientIP, ports: [${PORT}]`)}
${service("nobody", 97, `ports: [${PORT}]`, "nobody")}
${service("shy", 95, `ports: [${PORT}]`, "shy")}
${service("local", 94, `type: LoadBalancer, externalTrafficPolicy: Local, ports: [${PORT}]`).replace("} }\n", `}, status: { loadBalancer: { ingress: [{ ip: 192.168.50.250 }] } } }\n`)}
${service("guarded", 93, `type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24], ports: [${PORT}]`).replace("} }\n", `}, status: { loadBalancer: { ingress: [{ ip: 192.168.50.251 }] } } }\n`)}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: shy }
spec: { podSelector: { matchLabels: { app: shy } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: client } } }] }] }
`;
  // Who watches the nodes is the agent, which is not there.
  return planResources(loadLabText(text, "vm.yaml").lab).filter(({ kind }) => kind !== "watch");
}

interface Told {
  readonly built: Convergence;
  readonly first: Readonly<Record<string, readonly string[]>>;
  readonly broken: readonly string[];
  readonly mended: Convergence;
  readonly afterMending: readonly string[];
  readonly virtualServers: string;
  readonly switched: Convergence;
  readonly afterSwitch: Readonly<Record<string, string>> & { readonly turns: readonly string[] };
  readonly back: Convergence;
  readonly afterReturn: readonly string[];
  /** What `trace` made of another lab's breaks. */
  readonly traced: Judged;
}

const address = (answer: string): string => answer.replace(/:\d+$/, "");

test(
  "ipvs: virtual servers, drift, another mode and back",
  async (context) => {
    if (!isVmThere()) return context.skip("needs a virtual machine with IPVS");
    const labs = { ipvs: resources("ipvs"), nftables: resources("nftables") };
    const told = await runGuest<Told>("ipvs-guest.ts", labs, ["br_netfilter", "dummy", "ip_vs", "vxlan", "veth"]);
    if (told === undefined) return context.skip("needs a virtual machine with IPVS");
    judge(told);
  },
  PATIENCE,
);

function judge(told: Told): void {
  expect([told.built.failures, told.built.left]).toEqual([[], []]);
  const { first } = told;
  expect(first["turns"]?.toSorted()).toEqual(["web-1", "web-1", "web-2", "web-2"]);
  expect(first["turnsByIPv6"]?.toSorted()).toEqual(["web-1", "web-2"]);
  const sources = (name: string): string[] => (first[name] ?? []).map(address).toSorted();
  const client = "10.244.0.3";
  expect(new Set(sources("podKept"))).toEqual(new Set([client]));
  // The node's address on the way to each endpoint: its own bridge, or the overlay.
  expect(sources("nodeMasqueraded")).toEqual(["10.244.0.0", "10.244.0.1"]);
  expect(sources("nodePort")).toEqual(["10.244.0.0", "10.244.0.1"]);
  expect(sources("hairpin")).toEqual(["10.244.0.1", "10.244.0.2"]);
  expect(new Set(first["sticky"]).size).toBe(1);
  expect([first["nobody"], first["otherPort"]]).toEqual([["exit 7"], ["exit 7"]]);
  expect(sources("local")).toEqual(["203.0.113.10"]);
  expect(first["guarded"]).toEqual(["exit 28"]);
  expect([first["policyAllows"], first["policyDenies"]]).toEqual([["shy"], ["exit 28"]]);

  expect(told.broken).not.toEqual(["web-1"]);
  expect(told.mended.done.toSorted()).toEqual([
    "create addr:n1:kube-ipvs0:10.96.0.99/32",
    "update ipset:n1:KUBE-CLUSTER-IP",
    "update ipvs:n1:ipv4",
    "update ipvs:n1:ipv6",
  ]);
  expect([told.mended.failures, told.mended.left]).toEqual([[], []]);
  expect(told.afterMending.toSorted()).toEqual(["web-1", "web-2"]);
  expect(told.virtualServers).toContain("-A -t 10.96.0.98:80 -s rr -p 10800");

  expect([told.switched.failures, told.switched.left]).toEqual([[], []]);
  const { turns, servers, device, sets, conntrack, rules } = told.afterSwitch;
  expect(turns.every((name) => name.startsWith("web-"))).toBe(true);
  expect([servers, device, conntrack]).toEqual(["", "exit 1", "0"]);
  expect(sets).not.toContain("KUBE-");
  expect(rules).not.toContain("KUBE-");

  expect([told.back.failures, told.back.left]).toEqual([[], []]);
  expect(told.afterReturn.toSorted()).toEqual(["web-1", "web-2"]);
  expect(told.traced).toEqual({ asked: 5, wrong: [] });
}
