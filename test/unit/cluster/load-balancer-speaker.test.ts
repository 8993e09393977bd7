import { describe, expect, it } from "vitest";
import { loadBalancerAddresses, loadBalancerSpeaker } from "../../../src/cluster/load-balancer-speaker.ts";
import { DUAL, cluster, pod, service } from "../kube/service/service-lab.ts";

const THREE = "    nodes: [node1, node2, node3]";
const LB = "{ type: LoadBalancer, selector: { app: web }, ports: [ { port: 80 } ] }";
const LOCAL = "{ type: LoadBalancer, externalTrafficPolicy: Local, selector: { app: web }, ports: [ { port: 80 } ] }";

describe("the speaker of a load-balancer address", () => {
  it("is what MetalLB's hash of node and address says; addresses spread", () => {
    const model = cluster(THREE, ...["a", "b", "c", "d"].map((name) => service(LB, name)));
    const speakers = [...loadBalancerAddresses(model).keys()].map((ip) => [ip, loadBalancerSpeaker(model, ip)?.name]);
    // printf 'node3#192.168.50.240' | sha256sum, the smallest of the three.
    expect(speakers).toEqual([
      ["192.168.50.240", "node3"],
      ["192.168.50.241", "node2"],
      ["192.168.50.242", "node3"],
      ["192.168.50.243", "node1"],
    ]);
  });

  it("stays when another node goes", () => {
    const model = cluster("    nodes: [node2, node3]", service(LB));
    expect(loadBalancerSpeaker(model, "192.168.50.240")?.name).toBe("node3");
  });

  it("Local: only a node with an endpoint that serves; without one no node", () => {
    const at = (node: string, rest = ""): string | undefined =>
      loadBalancerSpeaker(cluster(THREE, service(LOCAL), pod("web", `nodeName: ${node}`, rest)), "192.168.50.240")
        ?.name;
    expect(at("node1")).toBe("node1");
    expect(at("node2")).toBe("node2");
    expect(at("node2", 'status: { conditions: [ { type: Ready, status: "False" } ] }')).toBeUndefined();
    expect(loadBalancerSpeaker(cluster(THREE, service(LOCAL)), "192.168.50.240")).toBeUndefined();
  });

  it("leaves out excluded nodes, addresses outside of the subnet and those of a real load balancer", () => {
    const excluded = '{ name: node3, labels: { node.kubernetes.io/exclude-from-external-load-balancers: "" } }';
    const model = cluster(`    nodes: [node1, node2, ${excluded}]`, service(LB));
    expect(["node1", "node2"]).toContain(loadBalancerSpeaker(model, "192.168.50.240")?.name);
    const given = (ingress: string): string | undefined => {
      const status = `status: { loadBalancer: { ingress: [ { ip: ${ingress} } ] } }`;
      const [ip = ""] = ingress.split(",");
      return loadBalancerSpeaker(cluster(THREE, service(LB, "s", status)), ip)?.name;
    };
    expect(given("192.168.50.99")).toMatch(/^node/);
    expect(given("192.168.50.99, ipMode: Proxy")).toBeUndefined();
    expect(given("198.51.100.9")).toBeUndefined();
    expect(loadBalancerSpeaker(model, "192.168.50.11")).toBeUndefined();
  });

  it("has IPv6 addresses too", () => {
    const dual = LB.replace("type:", "ipFamilyPolicy: RequireDualStack, type:");
    const model = cluster(DUAL, service(dual));
    const [, six = ""] = [...loadBalancerAddresses(model).keys()];
    expect(six).toContain(":");
    expect(loadBalancerSpeaker(model, six)).toBeDefined();
  });
});
