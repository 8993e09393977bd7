import { describe, expect, test } from "vitest";
import { clusterLab, diagnose } from "../../load/diagnose.ts";
import { cluster, CLUSTER, DUAL, named, pod, service, slicesOf, WEB } from "./service-lab.ts";

describe("belongs to the cluster", () => {
  test("without Services there are none, and no DNS", () => {
    const model = cluster(CLUSTER, pod("a"));
    expect(model.services).toEqual([]);
    expect(model.slices).toEqual([]);
    expect(model.dns.enabled).toBe(false);
    expect(model.pods).toHaveLength(1);
    expect(model.pods[0]?.containers[0]?.env).toEqual({});
  });

  test("kubernetes at the first address, backed by the first node; kube-dns at the tenth, backed by its pods", () => {
    const model = cluster(DUAL, service(WEB));
    expect(named(model, "kubernetes")).toMatchObject({
      clusterIPs: ["10.96.0.1"],
      ports: [{ name: "https", port: 443, targetPort: 6443 }],
    });
    expect(slicesOf(model, "kubernetes")).toMatchObject([
      { name: "kubernetes", endpoints: [{ addresses: ["192.168.50.11"] }], ports: [{ port: 6443 }] },
    ]);
    expect(named(model, "kube-dns")).toMatchObject({
      clusterIPs: ["10.96.0.10", "fd00:10:96::a"],
      ipFamilies: ["ipv4", "ipv6"],
    });
    const pods = model.pods.filter((one) => one.namespace === "kube-system");
    expect(pods.map((one) => one.node).toSorted()).toEqual(["node1", "node2"]);
    expect(
      slicesOf(model, "kube-dns")
        .flatMap((one) => one.endpoints.map((e) => e.pod ?? ""))
        .toSorted(),
    ).toEqual([...pods, ...pods].map((one) => `kube-system/${one.name}`).toSorted());
  });

  test("dns: false leaves it out, dns: true brings it alone; a kube-dns of the lab's own wins", () => {
    expect(cluster(`${CLUSTER}\n    dns: false`, service(WEB)).services.map((one) => one.name)).toEqual([
      "kubernetes",
      "s",
    ]);
    expect(cluster(`${CLUSTER}\n    dns: { replicas: 1, domain: lab.test }`).services.map((one) => one.name)).toEqual([
      "kubernetes",
      "kube-dns",
    ]);
    const own =
      "apiVersion: v1\nkind: Service\nmetadata: { name: kube-dns, namespace: kube-system }\nspec: { clusterIP: 10.96.0.53, selector: { k8s-app: kube-dns }, ports: [ { port: 53, protocol: UDP } ] }";
    const model = cluster(CLUSTER, own);
    expect(model.services.filter((one) => one.name === "kube-dns")).toHaveLength(1);
    expect(model.dns.clusterIP).toEqual({ ipv4: "10.96.0.53" });
  });
});

describe("defaults and allocation", () => {
  test("what a manifest leaves out", () => {
    expect(named(cluster(CLUSTER, service(WEB)), "s")).toMatchObject({
      namespace: "default",
      type: "ClusterIP",
      headless: false,
      ipFamilies: ["ipv4"],
      ports: [{ name: "", protocol: "TCP", port: 80, targetPort: 80, nodePort: 0 }],
      internalTrafficPolicy: "Cluster",
      externalTrafficPolicy: "Cluster",
      healthCheckNodePort: 0,
      publishNotReadyAddresses: false,
    });
    expect(named(cluster(CLUSTER, service(WEB)), "s")?.affinitySeconds).toBeUndefined();
    expect(
      named(cluster(CLUSTER, service("{ ports: [ { port: 80 } ], sessionAffinity: ClientIP }")), "s")?.affinitySeconds,
    ).toBe(10_800);
  });

  test("a Service keeps its address and port when others come before it", () => {
    const nodePort = "{ type: NodePort, ports: [ { port: 80 } ] }";
    const alone = named(cluster(CLUSTER, service(nodePort)), "s");
    const later = named(cluster(CLUSTER, service(nodePort, "a"), service(nodePort, "b"), service(nodePort)), "s");
    expect(later?.clusterIPs).toEqual(alone?.clusterIPs);
    expect(later?.ports[0]?.nodePort).toBe(alone?.ports[0]?.nodePort);
    expect(alone?.ports[0]?.nodePort).toBeGreaterThanOrEqual(30_086);
  });

  test("ports given in the manifest belong to that Service, whichever comes first", () => {
    const free = named(cluster(CLUSTER, service(WEB)), "s")?.clusterIPs[0] ?? "";
    const model = cluster(CLUSTER, service(WEB), service(`{ clusterIP: ${free}, ports: [ { port: 80 } ] }`, "late"));
    expect(named(model, "late")?.clusterIPs).toEqual([free]);
    expect(named(model, "s")?.clusterIPs).not.toEqual([free]);
  });

  test("one port number in two protocols shares its node port", () => {
    const ports = named(
      cluster(
        CLUSTER,
        service(
          "{ type: NodePort, ports: [ { name: u, port: 53, protocol: UDP }, { name: t, port: 53 }, { name: x, port: 54 } ] }",
        ),
      ),
      "s",
    )?.ports;
    expect(ports?.[0]?.nodePort).toBe(ports?.[1]?.nodePort);
    expect(ports?.[2]?.nodePort).not.toBe(ports?.[0]?.nodePort);
  });

  test("dual stack: by policy, in the order of ipFamilies, headless without a selector in both", () => {
    const model = cluster(
      DUAL,
      service("{ ports: [ { port: 80 } ] }", "single"),
      service("{ ports: [ { port: 80 } ], ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6] }", "six"),
      service(
        "{ ports: [ { port: 80 } ], ipFamilyPolicy: RequireDualStack, clusterIP: 'fd00:10:96::50', clusterIPs: ['fd00:10:96::50'] }",
        "given",
      ),
      service("{ clusterIP: None }", "bare"),
      service("{ clusterIP: None, selector: { app: web } }", "headless"),
    );
    expect(named(model, "single")?.ipFamilies).toEqual(["ipv4"]);
    expect(named(model, "six")?.ipFamilies).toEqual(["ipv6", "ipv4"]);
    expect(named(model, "six")?.clusterIPs).toMatchObject([
      expect.stringContaining("fd00:10:96::") as string,
      expect.stringContaining("10.96.") as string,
    ]);
    expect(named(model, "given")).toMatchObject({
      ipFamilies: ["ipv6", "ipv4"],
      clusterIPs: ["fd00:10:96::50", expect.stringContaining("10.96.") as string],
    });
    expect(named(model, "bare")).toMatchObject({ headless: true, clusterIPs: [], ipFamilies: ["ipv4", "ipv6"] });
    expect(named(model, "headless")?.ipFamilies).toEqual(["ipv4"]);
  });

  test("an ExternalName has a name and nothing else", () => {
    expect(
      named(cluster(CLUSTER, service("{ type: ExternalName, externalName: www.example.com. }")), "s"),
    ).toMatchObject({ externalName: "www.example.com", clusterIPs: [], ipFamilies: [], headless: false });
  });

  test("load balancers: in order from the range, asked for, given by the status, without node ports, with a health check port", () => {
    const lb = (more = ""): string => `{ type: LoadBalancer${more}, ports: [ { port: 80 } ] }`;
    const model = cluster(
      CLUSTER,
      service(lb(), "a"),
      service(lb(", loadBalancerIP: 192.168.50.240"), "b"),
      service(lb(", allocateLoadBalancerNodePorts: false"), "c"),
      service(lb(", externalTrafficPolicy: Local"), "d"),
      service(
        lb(),
        "e",
        "status: { loadBalancer: { ingress: [ { ip: 198.51.100.7, ipMode: Proxy }, { hostname: lb.example } ] } }",
      ),
    );
    expect(named(model, "a")?.loadBalancerIPs).toEqual([{ ip: "192.168.50.241", ipMode: "VIP" }]);
    expect(named(model, "b")?.loadBalancerIPs).toEqual([{ ip: "192.168.50.240", ipMode: "VIP" }]);
    expect(named(model, "c")?.ports[0]?.nodePort).toBe(0);
    expect(named(model, "d")?.healthCheckNodePort).toBeGreaterThan(30_000);
    expect(named(model, "a")?.healthCheckNodePort).toBe(0);
    expect(named(model, "e")?.loadBalancerIPs).toEqual([{ ip: "198.51.100.7", ipMode: "Proxy" }]);
  });

  test("a load-balancer range in no node subnet; addresses of nodes are not given out", () => {
    const range = (cidr: string): string => `${CLUSTER}\n    loadBalancer: { cidr: ${cidr} }`;
    expect(diagnose(clusterLab(range("198.51.100.0/24"))).join()).toContain("198.51.100.0/24 is in no node subnet");
    expect(
      named(
        cluster(
          range("192.168.50.8/29"),
          ...["a", "b", "c", "d"].map((name) => service("{ type: LoadBalancer, ports: [ { port: 80 } ] }", name)),
        ),
        "d",
      )?.loadBalancerIPs,
    ).toEqual([{ ip: "192.168.50.13", ipMode: "VIP" }]);
  });
});

describe("kube-proxy", () => {
  test("by mode alone, with settings, per node", () => {
    expect(cluster(CLUSTER).kubeProxy).toMatchObject({
      mode: "iptables",
      masqueradeAll: false,
      localhostNodePorts: true,
    });
    expect(cluster(`${CLUSTER}\n    kubeProxy: nftables`).kubeProxy.mode).toBe("nftables");
    const model = cluster(
      "    nodes: [node1, { name: node2, kubeProxy: { mode: ipvs } }]\n    kubeProxy: { masqueradeAll: true, nodePortAddresses: [192.168.50.0/24] }",
    );
    expect(model.nodes[0]?.kubeProxy).toBeUndefined();
    expect(model.nodes[1]?.kubeProxy).toMatchObject({
      mode: "ipvs",
      masqueradeAll: true,
      nodePortAddresses: ["192.168.50.0/24"],
    });
    expect(diagnose(clusterLab(`${CLUSTER}\n    kubeProxy: iptable`)).join()).toContain("kubeProxy");
  });
});
