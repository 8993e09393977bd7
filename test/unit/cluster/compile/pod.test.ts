import { describe, expect, it } from "vitest";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import { clusterFixture, labFixture } from "../cluster-fixture.ts";
import { pick, resources, routes, rules } from "../planned.ts";

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
      "-p tcp --dport 8080 -s 10.244.0.2/24 -j CNI-HOSTPORT-SETMARK",
      "-p tcp --dport 8080 -s 127.0.0.1 -j CNI-HOSTPORT-SETMARK",
      "-p tcp --dport 8080 -j DNAT --to-destination 10.244.0.2:80",
    ]);
  });

  it("and at one address only where hostIP names it", () => {
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
      "-p tcp --dport 8080 -d 192.168.50.11 -s 10.244.0.2/24 -j CNI-HOSTPORT-SETMARK",
      "-p tcp --dport 8080 -d 192.168.50.11 -s 127.0.0.1 -j CNI-HOSTPORT-SETMARK",
      "-p tcp --dport 8080 -d 192.168.50.11 -j DNAT --to-destination 10.244.0.2:80",
    ]);
    expect(at("fd00::1")).toEqual([]);
  });
});
