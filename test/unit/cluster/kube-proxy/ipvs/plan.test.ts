/** kube-proxy's ipvs mode as text: virtual servers, sets and rules as kubernetes pkg/proxy/ipvs writes them. */
import { describe, expect, it } from "vitest";
import { ipvsLines } from "../../../../../src/resources/ipvs/lines.ts";
import { ipsetLines } from "../../../../../src/resources/ipset/lines.ts";
import { formatIptablesArgs } from "../../../../../src/resources/iptables/table-words.ts";
import { boundAddresses, planProxyIpvs } from "../../../../../src/cluster/kube-proxy/ipvs/plan.ts";
import type { IpvsPlan } from "../../../../../src/cluster/kube-proxy/ipvs/plan.ts";
import type { IpvsResource } from "../../../../../src/resources/ipvs/definition.ts";
import { endpoint, input, service } from "../service-fixture.ts";

const cause = { object: "test", reason: "test" };
const ipvs = { mode: "ipvs", ipvs: { scheduler: "rr", strictARP: false } } as const;

function lines({ iptables }: IpvsPlan): string[] {
  return iptables
    .filter((rule) => rule.args.length > 0)
    .map((rule) => formatIptablesArgs(["-t", rule.table, "-A", rule.chain, ...rule.args]));
}

function filled({ sets }: IpvsPlan): Record<string, readonly string[]> {
  return Object.fromEntries(sets.filter((set) => set.entries.length > 0).map((set) => [set.name, set.entries]));
}

const nodePort = { name: "p80", protocol: "TCP", port: 80, targetPort: 80, nodePort: 30080, cause } as const;
const local = endpoint("10.180.0.1", { nodeName: "node1" });
const remote = endpoint("10.180.0.2", { nodeName: "node2" });

describe("ipvs mode", () => {
  it("has a virtual server for each address, real servers in it, and the address on the dummy device", () => {
    const web = service({ type: "NodePort", ports: [nodePort], externalIPs: ["203.0.113.7"], affinitySeconds: 30 });
    const given = input([web], [local, remote], { proxy: ipvs, nodeIPs: ["192.168.0.2", "10.180.0.254"] });
    const plan = planProxyIpvs(given);
    const reals = (at: string): string[] => [
      `-a -t ${at} -r 10.180.0.1:80 -m -w 1`,
      `-a -t ${at} -r 10.180.0.2:80 -m -w 1`,
    ];
    expect(plan.servers.map((line) => line.text)).toEqual(
      ["172.30.0.41:80", "203.0.113.7:80", "192.168.0.2:30080", "10.180.0.254:30080"].flatMap((at) => [
        `-A -t ${at} -s rr -p 30`,
        ...reals(at),
      ]),
    );
    expect(boundAddresses(given).map(({ address }) => address)).toEqual(["172.30.0.41", "203.0.113.7"]);
    expect(filled(plan)).toEqual({
      "KUBE-LOOP-BACK": ["10.180.0.1,tcp:80,10.180.0.1"],
      "KUBE-CLUSTER-IP": ["172.30.0.41,tcp:80"],
      "KUBE-EXTERNAL-IP": ["203.0.113.7,tcp:80"],
      "KUBE-NODE-PORT-TCP": ["30080"],
      "KUBE-IPVS-IPS": ["172.30.0.41", "203.0.113.7"],
    });
  });

  it("has upstream's rules, in upstream's order", () => {
    const plan = planProxyIpvs(input([service({ type: "NodePort", ports: [nodePort] })], [local], { proxy: ipvs }));
    expect(lines(plan)).toEqual([
      '-t nat -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-t nat -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-t nat -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
      '-t filter -A INPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-FILTER',
      '-t filter -A INPUT -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL',
      '-t filter -A INPUT -m comment --comment "kubernetes health check rules" -j KUBE-NODE-PORT',
      '-t filter -A FORWARD -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL',
      '-t filter -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
      '-t filter -A OUTPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-OUT-FILTER',
      "-t nat -A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN",
      '-t nat -A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE',
      '-t nat -A KUBE-NODE-PORT -p tcp -m comment --comment "Kubernetes nodeport TCP port for masquerade purpose" -m set --match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ',
      '-t nat -A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst ! -s 10.0.0.0/8 -j KUBE-MARK-MASQ',
      "-t nat -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT",
      "-t nat -A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ",
      "-t filter -A KUBE-SOURCE-RANGES-FIREWALL -j DROP",
      "-t nat -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT",
      '-t filter -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
      '-t filter -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-t filter -A KUBE-NODE-PORT -m comment --comment "Kubernetes health check node port" -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j ACCEPT',
      "-t filter -A KUBE-IPVS-FILTER -m set --match-set KUBE-LOAD-BALANCER dst,dst -j RETURN",
      "-t filter -A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN",
      "-t filter -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP dst,dst -j RETURN",
      "-t filter -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -j RETURN",
      "-t filter -A KUBE-IPVS-FILTER -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j RETURN",
      "-t filter -A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT",
      "-t nat -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
      "-t nat -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000",
      '-t nat -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
      "-t nat -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000",
    ]);
  });

  it("keeps sources that a load balancer's ranges do not name away, also the node", () => {
    const lb = service({
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 32000,
      loadBalancerIPs: [{ ip: "192.168.0.240", ipMode: "VIP" }],
      loadBalancerSourceRanges: ["203.0.113.0/25", "0.0.0.0/0"],
    });
    const open = planProxyIpvs(input([lb], [local, remote], { proxy: ipvs }));
    expect(filled(open)).toMatchObject({
      "KUBE-LOAD-BALANCER": ["192.168.0.240,tcp:80"],
      "KUBE-LOAD-BALANCER-LOCAL": ["192.168.0.240,tcp:80"],
      "KUBE-LOAD-BALANCER-FW": ["192.168.0.240,tcp:80"],
      "KUBE-LOAD-BALANCER-SOURCE-CIDR": [
        "192.168.0.240,tcp:80,0.0.0.0/1",
        "192.168.0.240,tcp:80,128.0.0.0/1",
        "192.168.0.240,tcp:80,203.0.113.0/25",
      ],
      "KUBE-LOAD-BALANCER-SOURCE-IP": ["192.168.0.240,tcp:80,192.168.0.240"],
      "KUBE-HEALTH-CHECK-NODE-PORT": ["32000"],
    });
    const closed = planProxyIpvs(
      input([{ ...lb, loadBalancerSourceRanges: ["203.0.113.0/25"] }], [local], { proxy: ipvs }),
    );
    expect(lines(closed)).toContain(
      "-t filter -A KUBE-IPVS-OUT-FILTER -s 192.168.0.240 -m ipvs --vaddr 192.168.0.240 --vproto tcp --vport 80 -j DROP",
    );
    expect(open.servers.map((line) => line.text).filter((text) => text.includes("192.168.0.240"))).toEqual([
      "-A -t 192.168.0.240:80 -s rr",
      "-a -t 192.168.0.240:80 -r 10.180.0.1:80 -m -w 1",
    ]);
  });

  it("names IPv6 sets and addresses as upstream does, and takes the scheduler", () => {
    const six = service({ clusterIPs: ["fd00:10:96::41"], ipFamilies: ["ipv6"] });
    const proxy = { mode: "ipvs", ipvs: { scheduler: "mh", strictARP: false } } as const;
    const plan = planProxyIpvs(
      input([six], [endpoint("fd00:10:244::2")], {
        family: "ipv6",
        nodeIPs: ["2001:db8::1"],
        podCIDR: "fd00::/8",
        proxy,
      }),
    );
    expect(plan.servers.map((line) => line.text)).toEqual([
      "-A -t [fd00:10:96::41]:80 -s mh -b mh-port",
      "-a -t [fd00:10:96::41]:80 -r [fd00:10:244::2]:80 -m -w 1",
    ]);
    expect(plan.sets.map((set) => set.name)).toContain("KUBE-6-LOAD-BALANCER-SOURCE-CID");
    expect(lines(plan)).toContain("-t nat -A KUBE-SERVICES -s ::1/128 -j RETURN");
  });

  it("says to ipset what a set of ports is", () => {
    const ports = {
      kind: "ipset",
      id: "",
      ns: "n",
      node: "n",
      cause,
      family: "ipv4",
      name: "P",
      type: "bitmap:port",
    } as const;
    expect(ipsetLines("create", { ...ports, entries: ["30080"] })).toEqual([
      ["create", "P", "bitmap:port", "range", "0-65535"],
      ["add", "P", "30080"],
    ]);
  });
});

describe("from one state of virtual servers to another", () => {
  const resource = (...texts: string[]): IpvsResource => ({
    kind: "ipvs",
    id: "ipvs:n:ipv4",
    ns: "n",
    node: "n",
    cause,
    family: "ipv4",
    lines: texts.map((text) => ({ text, cause })),
  });
  const before = resource(
    "-A -t 10.0.0.1:80 -s rr",
    "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1",
    "-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1",
    "-A -t 10.0.0.2:80 -s rr",
    "-a -t 10.0.0.2:80 -r 10.1.0.1:80 -m -w 1",
  );

  it("one endpoint is one line", () => {
    const after = resource(...before.lines.map((line) => line.text), "-a -t 10.0.0.2:80 -r 10.1.0.3:80 -m -w 1");
    expect(ipvsLines("update", after, before)).toEqual(["-a -t 10.0.0.2:80 -r 10.1.0.3:80 -m -w 1"]);
    expect(ipvsLines("update", before, after)).toEqual(["-d -t 10.0.0.2:80 -r 10.1.0.3:80"]);
  });

  it("settings are edited, so that no connection is lost; a virtual server takes its real servers with it", () => {
    const after = resource(
      "-A -t 10.0.0.1:80 -s rr -p 30",
      "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 5",
      "-a -t 10.0.0.1:80 -r 10.1.0.2:80 -m -w 1",
    );
    expect(ipvsLines("update", after, before)).toEqual([
      "-D -t 10.0.0.2:80",
      "-E -t 10.0.0.1:80 -s rr -p 30",
      "-e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 5",
    ]);
    expect(ipvsLines("delete", before)).toEqual(["-D -t 10.0.0.1:80", "-D -t 10.0.0.2:80"]);
  });
});
