/** The rules of the userspace mode as kubernetes 1.25 wrote them (pkg/proxy/userspace/proxier.go), and who listens where. */
import { describe, expect, it } from "vitest";
import { formatIptablesArgs } from "../../../../../src/resources/iptables/table-words.ts";
import { DiagnosticList, Scope } from "../../../../../src/syntax/scope.ts";
import { userspace } from "../../../../../src/cluster/kube-proxy/userspace/mode.ts";
import { planProxyUserspace } from "../../../../../src/cluster/kube-proxy/userspace/rules.ts";
import type { UserspacePlan } from "../../../../../src/cluster/kube-proxy/userspace/rules.ts";
import { inChainOrder } from "../../../../../src/fabric/rule-order.ts";
import { endpoint, input, service } from "../service-fixture.ts";

const cause = { object: "test", reason: "test" };

function lines({ iptables }: UserspacePlan): string[] {
  return inChainOrder({ "kube-proxy": iptables })
    .filter((rule) => rule.args.length > 0)
    .map((rule) => formatIptablesArgs(["-t", rule.table, "-A", rule.chain, ...rule.args]));
}

const web = service({
  type: "NodePort",
  ports: [{ name: "p80", protocol: "TCP", port: 80, targetPort: 80, nodePort: 30080, cause }],
  externalIPs: ["203.0.113.7"],
  loadBalancerIPs: [{ ip: "192.168.0.240", ipMode: "VIP" }],
});

describe("userspace mode", () => {
  it("has upstream's chains, comments and order", () => {
    const plan = planProxyUserspace(input([web], [endpoint("10.180.0.1")]));
    const [proxy] = plan.proxies;
    const at = proxy?.port ?? 0;
    expect(at).toBeGreaterThan(60_999);
    const portal = (to: string): string => `-m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d ${to}/32`;
    const nodePort = "-m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 30080";
    expect(lines(plan)).toEqual([
      '-t nat -A PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-CONTAINER',
      '-t nat -A OUTPUT -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-HOST',
      '-t filter -A INPUT -m comment --comment "Ensure that non-local NodePort traffic can flow" -j KUBE-NODEPORT-NON-LOCAL',
      `-t nat -A KUBE-PORTALS-CONTAINER ${portal("172.30.0.41")} -j REDIRECT --to-ports ${at}`,
      `-t nat -A KUBE-PORTALS-HOST ${portal("172.30.0.41")} -j DNAT --to-destination 192.168.0.2:${at}`,
      `-t nat -A KUBE-PORTALS-CONTAINER ${portal("203.0.113.7")} -m physdev ! --physdev-is-in -j REDIRECT --to-ports ${at}`,
      `-t nat -A KUBE-PORTALS-CONTAINER ${portal("203.0.113.7")} -m addrtype --dst-type LOCAL -j REDIRECT --to-ports ${at}`,
      `-t nat -A KUBE-PORTALS-HOST ${portal("203.0.113.7")} -m addrtype --dst-type LOCAL -j DNAT --to-destination 192.168.0.2:${at}`,
      `-t nat -A KUBE-PORTALS-CONTAINER ${portal("192.168.0.240")} -j REDIRECT --to-ports ${at}`,
      `-t nat -A KUBE-PORTALS-HOST ${portal("192.168.0.240")} -j DNAT --to-destination 192.168.0.2:${at}`,
      `-t nat -A KUBE-NODEPORT-CONTAINER ${nodePort} -j REDIRECT --to-ports ${at}`,
      `-t nat -A KUBE-NODEPORT-HOST ${nodePort} -j DNAT --to-destination 192.168.0.2:${at}`,
      `-t filter -A KUBE-NODEPORT-NON-LOCAL -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport ${at} -m state --state NEW -j ACCEPT`,
      '-t nat -A PREROUTING -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-CONTAINER',
      '-t nat -A OUTPUT -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-HOST',
    ]);
  });

  it("proxies to ready endpoints of all nodes, whatever the policy", () => {
    const own = service({ internalTrafficPolicy: "Local", affinitySeconds: 30 });
    const endpoints = [
      endpoint("10.180.0.1", { nodeName: "node1" }),
      endpoint("10.180.0.2", { nodeName: "node2" }),
      endpoint("10.180.0.3", { ready: false, serving: true, terminating: true }),
    ];
    expect(planProxyUserspace(input([own], endpoints)).proxies).toEqual([
      expect.objectContaining({
        service: "ns1/svc1:p80",
        protocol: "tcp",
        endpoints: ["10.180.0.1:80", "10.180.0.2:80"],
        affinitySeconds: 30,
      }),
    ]);
  });

  it("has nothing for SCTP, and for IPv6 the same with brackets", () => {
    const sctp = service({ ports: [{ name: "", protocol: "SCTP", port: 80, targetPort: 80, nodePort: 0, cause }] });
    expect(planProxyUserspace(input([sctp], [endpoint("10.180.0.1")])).proxies).toEqual([]);
    const six = service({ clusterIPs: ["fd00:10:96::41"], ipFamilies: ["ipv6"] });
    const plan = planProxyUserspace(
      input([six], [endpoint("fd00:10:244::2")], { family: "ipv6", nodeIPs: ["2001:db8::1"] }),
    );
    const at = plan.proxies[0]?.port;
    expect(lines(plan).filter((line) => line.includes("KUBE-PORTALS-HOST -m"))).toEqual([
      `-t nat -A KUBE-PORTALS-HOST -m comment --comment ns1/svc1:p80 -p tcp -m tcp --dport 80 -d fd00:10:96::41/128 -j DNAT --to-destination [2001:db8::1]:${at}`,
    ]);
  });

  it("gives each Service port a port of its own, the same whatever else is added", () => {
    const many = Array.from({ length: 200 }, (_, i) =>
      service({ name: `svc${i}`, clusterIPs: [`172.30.1.${i}`], ports: web.ports }),
    );
    const before = planProxyUserspace(input([web], [])).proxies[0]?.port;
    const { proxies } = planProxyUserspace(input([...many, web], []));
    expect(new Set(proxies.map((proxy) => proxy.port)).size).toBe(201);
    expect(proxies.find((proxy) => proxy.service === "ns1/svc1:p80")?.port).toBe(before);
    const [moved] = planProxyUserspace(input([web], []), new Set([`tcp ${before}`])).proxies;
    expect(moved?.port).not.toBe(before);
  });
});

it("says when the node has not enough ports for all Services", () => {
  const ports = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      name: `p${i}`,
      protocol: "TCP" as const,
      port: i + 1,
      targetPort: 80,
      nodePort: 0,
      cause,
    }));
  const told = (count: number): readonly string[] => {
    const mistakes = new DiagnosticList();
    const scope = new Scope(mistakes, () => ({ file: "lab.yaml", line: 1, column: 1 }));
    userspace.check?.([service({ ports: ports(count) })], ["ipv4", "ipv6"], scope);
    return mistakes.diagnostics.map(({ message }) => message);
  };
  expect(told(4536)).toEqual([]);
  expect(told(4537)).toEqual([
    expect.stringContaining("ports for 4536 Service ports, and there are 4537 of IPv4 and tcp"),
  ]);
});
