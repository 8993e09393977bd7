import { describe, expect, it } from "vitest";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import type { IptablesResource } from "../../../../src/resources/iptables/definition.ts";
import type { Resource, ResourceKind, ResourceOf } from "../../../../src/resources/resource.ts";
import { NodeDraft } from "../../../../src/fabric/node-draft.ts";
import { newRoute } from "../../../../src/fabric/specs.ts";
import { vtepMac } from "../../../../src/cluster/cni/flannel/vxlan.ts";
import { cause, clusterFixture, labFixture } from "../../plan/cluster-fixture.ts";
import type { FixtureOptions } from "../../plan/cluster-fixture.ts";

function resources(options: FixtureOptions = {}): readonly Resource[] {
  return planResources(labFixture("x", clusterFixture(options)));
}

function pick<K extends ResourceKind>(all: readonly Resource[], kind: K, ns: string): ResourceOf<K>[] {
  return all.filter((it): it is ResourceOf<K> => it.kind === kind && it.ns === ns);
}

function routes(all: readonly Resource[], ns: string): string[] {
  return pick(all, "route", ns).map(
    ({ to, via, dev, onlink }) => `${to} via ${via ?? ""} dev ${dev ?? ""}${onlink ? " onlink" : ""}`,
  );
}

function rules(
  all: readonly Resource[],
  ns: string,
  family: IptablesResource["family"],
  table: IptablesResource["table"],
): string[] {
  return pick(all, "iptables", ns)
    .filter((it) => it.family === family && it.table === table)
    .flatMap(({ chains }) =>
      chains.flatMap((chain) => chain.rules.map((rule) => `${chain.name} ${rule.args.join(" ")}`)),
    );
}

describe("flannel vxlan", () => {
  const all = resources();

  it("makes flannel.1 as flanneld does", () => {
    expect(pick(all, "vxlan", "node1")).toMatchObject([
      {
        name: "flannel.1",
        vni: 1,
        port: 8472,
        learn: false,
        local: "192.168.50.11",
        dev: "eth0",
        mtu: 1450,
        mac: vtepMac("node1", "ipv4"),
      },
    ]);
    expect(pick(all, "addr", "node1").map(({ dev, address }) => `${dev} ${address}`)).toContain(
      "flannel.1 10.244.0.0/32",
    );
  });

  it("knows each other node beforehand: one route, one neighbour, one forwarding entry", () => {
    expect(routes(all, "node1")).toEqual([
      "0.0.0.0/0 via 192.168.50.1 dev eth0",
      "10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink",
      "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
    ]);
    expect(pick(all, "neigh", "node1")).toMatchObject([
      { address: "10.244.1.0", mac: vtepMac("node2", "ipv4"), dev: "flannel.1" },
      { address: "10.244.2.0", mac: vtepMac("node3", "ipv4"), dev: "flannel.1" },
    ]);
    expect(pick(all, "fdb", "node1")).toMatchObject([
      { mac: vtepMac("node2", "ipv4"), dst: "192.168.50.12" },
      { mac: vtepMac("node3", "ipv4"), dst: "192.168.50.13" },
    ]);
  });

  it("gives VTEPs different, locally administered unicast MACs", () => {
    const macs = ["node1", "node2", "node3"].flatMap((node) => [vtepMac(node, "ipv4"), vtepMac(node, "ipv6")]);
    expect(new Set(macs).size).toBe(6);
    for (const mac of macs) expect(Number.parseInt(mac.slice(0, 2), 16) & 3).toBe(2);
  });

  it("with directRouting encapsulates only between segments", () => {
    const direct = resources({ cni: { directRouting: true }, switches: [0, 0, 1] });
    expect(routes(direct, "node1").slice(1)).toEqual([
      "10.244.1.0/24 via 192.168.50.12 dev eth0",
      "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
    ]);
    expect(pick(direct, "fdb", "node1")).toHaveLength(1);
    expect(routes(direct, "node3").slice(1)).toEqual([
      "10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink",
      "10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink",
    ]);
  });

  it("has a device of its own for IPv6, 70 bytes smaller than the underlay", () => {
    const dual = resources({ families: ["ipv4", "ipv6"] });
    expect(pick(dual, "vxlan", "node2").map(({ name, mtu, local }) => [name, mtu, local])).toEqual([
      ["flannel.1", 1450, "192.168.50.12"],
      ["flannel-v6.1", 1430, "fd00:50::12"],
    ]);
    expect(routes(dual, "node2")).toContain("fd00:10:244::/64 via fd00:10:244:: dev flannel-v6.1 onlink");
    expect(pick(dual, "addr", "node2").map(({ address }) => address)).toContain("fd00:10:244:1::/128");
    expect(pick(dual, "veth", "default/web-0-0")).toMatchObject([{ mtu: 1430, peer: { mtu: 1430 } }]);
  });
});

describe("flannel's rules", () => {
  it("masquerades in flannel's words and order", () => {
    expect(rules(resources(), "node2", "ipv4", "nat")).toEqual([
      "POSTROUTING -m comment --comment flanneld masq -j FLANNEL-POSTRTG",
      "FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment flanneld masq -j RETURN",
      "FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -m comment --comment flanneld masq -j RETURN",
      "FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment flanneld masq -j RETURN",
      "FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment flanneld masq -j RETURN",
      "FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment flanneld masq -j MASQUERADE --random-fully",
      "FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment flanneld masq -j MASQUERADE --random-fully",
    ]);
  });

  it("forwards, and masquerades only when asked to", () => {
    const plain = resources({ cni: { ipMasq: false }, families: ["ipv4", "ipv6"] });
    for (const family of ["ipv4", "ipv6"] as const) {
      expect(rules(plain, "node1", family, "nat")).toEqual([]);
      expect(rules(plain, "node1", family, "filter")).toHaveLength(3);
    }
    expect(rules(resources({ families: ["ipv6"] }), "node1", "ipv6", "nat")[5]).toContain("! -d ff00::/8");
  });

  it("tells the CNI plugin through subnet.env", () => {
    const env = pick(resources({ families: ["ipv4", "ipv6"] }), "file", "node2").find(
      ({ path }) => path === "/run/flannel/subnet.env",
    );
    expect(env?.content).toBe(
      "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_IPV6_NETWORK=fd00:10:244::/56\nFLANNEL_IPV6_SUBNET=fd00:10:244:1::1/64\nFLANNEL_MTU=1430\nFLANNEL_IPMASQ=true\n",
    );
  });
});

describe("flannel host-gw", () => {
  it("is routes only", () => {
    const all = resources({ cni: { backend: "host-gw" } });
    expect(all.filter(({ kind }) => kind === "vxlan" || kind === "neigh" || kind === "fdb")).toEqual([]);
    expect(routes(all, "node1")).toEqual([
      "0.0.0.0/0 via 192.168.50.1 dev eth0",
      "10.244.1.0/24 via 192.168.50.12 dev eth0",
      "10.244.2.0/24 via 192.168.50.13 dev eth0",
    ]);
    expect(pick(all, "veth", "default/web-0-0")).toMatchObject([{ mtu: 1500 }]);
  });
});

describe("pods", () => {
  const all = resources({ podsPerNode: 2 });

  it("are ports of cni0 with hairpin mode", () => {
    expect(pick(all, "veth", "default/web-1-1")).toMatchObject([
      { name: "eth0", mac: "0a:58:0a:f4:01:03", peer: { ns: "node2", master: "cni0", hairpin: true } },
    ]);
    expect(pick(all, "bridge", "node2")).toMatchObject([{ name: "cni0", mtu: 1450, stp: false }]);
    expect(pick(all, "addr", "node2").map(({ dev, address }) => `${dev} ${address}`)).toContain("cni0 10.244.1.1/24");
    expect(routes(all, "default/web-1-1")).toEqual([
      "0.0.0.0/0 via 10.244.1.1 dev eth0",
      "10.244.0.0/16 via 10.244.1.1 dev eth0",
    ]);
  });

  it("see the files that kubelet writes", () => {
    const files = Object.fromEntries(pick(all, "file", "default/web-0-0").map(({ path, content }) => [path, content]));
    expect(files["/etc/hosts"]).toBe(
      "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nfe00::\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n10.244.0.2\tweb-0-0\n",
    );
    expect(files["/etc/hostname"]).toBe("web-0-0\n");
  });

  it("with hostNetwork and a command run in the node's namespace; without a command they serve there", () => {
    const cluster = clusterFixture();
    const [pod] = cluster.pods;
    if (pod === undefined) expect.fail("no pod");
    const host = {
      ...pod,
      hostNetwork: true,
      ns: pod.node,
      containers: [
        ...pod.containers,
        { name: "tool", command: ["sleep", "9"], env: { A: "b" }, ports: [], cause: pod.cause },
      ],
    };
    const made = planResources(labFixture("x", { ...cluster, pods: [host] }));
    expect(pick(made, "netns", "default/web-0-0")).toEqual([]);
    expect(pick(made, "server", "node1")).toMatchObject([{ port: 80 }]);
    expect(pick(made, "process", "node1")).toMatchObject([
      { argv: ["sleep", "9"], env: { A: "b", HOSTNAME: "node1" } },
    ]);
    expect(pick(made, "bridge", "node1")).toEqual([]);
  });

  it("get hostPorts in the words of CNI's portmap plugin, before flannel's masquerading", () => {
    const cluster = clusterFixture();
    const pods = cluster.pods.map((pod) => ({
      ...pod,
      containers: pod.containers.map((it) => ({ ...it, ports: it.ports.map((port) => ({ ...port, hostPort: 8080 })) })),
    }));
    const made = rules(planResources(labFixture("x", { ...cluster, pods })), "node1", "ipv4", "nat");
    expect(made.slice(0, 2).map((rule) => rule.split(" -j ")[1])).toEqual(["CNI-HOSTPORT-MASQ", "FLANNEL-POSTRTG"]);
    expect(made).toContain("PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT");
    expect(
      made.filter((rule) => rule.startsWith("CNI-DN-")).map((rule) => rule.replace(/^CNI-DN-[0-9a-f]{21} /, "")),
    ).toEqual([
      "-s 10.244.0.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK",
      "-s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK",
      "-p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.244.0.2:80",
    ]);
  });

  it("and at one address only where hostIP says so", () => {
    const cluster = clusterFixture();
    const at = (hostIP: string) => {
      const pods = cluster.pods.map((pod) => ({
        ...pod,
        containers: pod.containers.map((it) => ({
          ...it,
          ports: it.ports.map((port) => ({ ...port, hostPort: 8080, hostIP })),
        })),
      }));
      const made = rules(planResources(labFixture("x", { ...cluster, pods })), "node1", "ipv4", "nat");
      return made.filter((rule) => rule.startsWith("CNI-DN-")).map((rule) => rule.replace(/^CNI-DN-[0-9a-f]{21} /, ""));
    };
    expect(at("192.168.50.11")).toEqual([
      "-s 10.244.0.0/24 -d 192.168.50.11/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK",
      "-s 127.0.0.1/32 -d 192.168.50.11/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK",
      "-d 192.168.50.11/32 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.244.0.2:80",
    ]);
    expect(at("fd00::1")).toEqual([]);
  });
});

describe("the raw layer over the cluster", () => {
  it("adds to nodes of the same name and has the last word on what both say", () => {
    const node = new NodeDraft("node1", "host", cause("spec.topology.nodes.node1", 50));
    node.addInterface({ name: "flannel.1", mtu: 1400, cause: node.cause });
    const addresses = [{ address: "10.9.0.1/24", cause: node.cause }];
    node.addInterface({ name: "eth9", addresses, cause: node.cause });
    const fdb = { mac: vtepMac("node2", "ipv4"), dev: "flannel.1", dst: "192.168.50.99", cause: node.cause };
    node.add({ kind: "fdb", ...fdb });
    node.add(newRoute({ to: "10.244.1.0/24", family: "ipv4", via: "192.168.50.12", cause: node.cause }));
    node.add({ kind: "sysctl", key: "net.ipv4.ip_forward", value: "0", cause: node.cause });
    const topology = {
      nodes: [node.finish()],
      links: [
        {
          endpoints: [
            { node: "node1", interface: "eth9" },
            { node: "node2", interface: "eth9" },
          ] as const,
          cause: node.cause,
        },
      ],
    };
    const all = planResources(labFixture("x", clusterFixture(), topology));
    expect(pick(all, "netns", "node1")).toMatchObject([{ role: "node" }]);
    expect(pick(all, "vxlan", "node1")).toMatchObject([{ mtu: 1400, vni: 1 }]);
    expect(pick(all, "fdb", "node1").map(({ dst }) => dst)).toEqual(["192.168.50.99", "192.168.50.13"]);
    expect(routes(all, "node1")).toContain("10.244.1.0/24 via 192.168.50.12 dev ");
    expect(routes(all, "node1")).not.toContain("10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink");
    expect(pick(all, "sysctl", "node1").filter(({ key }) => key === "net.ipv4.ip_forward")).toMatchObject([
      { value: "0" },
    ]);
    expect(pick(all, "veth", "node1").map(({ name }) => name)).toContain("eth9");
  });
});
