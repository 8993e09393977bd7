/** What pods find in /etc/resolv.conf, by their dnsPolicy and dnsConfig. */
import { describe, expect, it } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { hostFile, podFiles } from "../../../../src/cluster/compile/files.ts";
import { nodeResolvConf, podResolvConf } from "../../../../src/cluster/compile/resolv-conf.ts";

function cluster(spec: string, pod: string) {
  const text = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: a }, spec: { cluster: { nodes: [node1], ${spec} } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: p }, spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }], ${pod} } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { a: b }, ports: [{ port: 80 }] } }
`;
  const { lab } = loadLabText(text, "a.yaml");
  if (lab.clusters[0] === undefined) throw new Error("no cluster");
  return lab.clusters[0];
}

function resolvConf(spec: string, pod = ""): string {
  const model = cluster(spec, pod);
  const found = model.pods.find(({ name }) => name === "p");
  if (found === undefined) throw new Error("no pod");
  return podResolvConf(model, found);
}

const SEARCH = "search default.svc.cluster.local svc.cluster.local cluster.local\n";
const INTERNET = "internet: { dns: { example.com: 203.0.113.10 } }";
const NONE = "# This lab has no name server.\n";

describe("the hosts file", () => {
  const hosts = (pod: string): string | undefined => {
    const model = cluster("", pod);
    return model.pods
      .filter(({ name }) => name === "p")
      .flatMap((one) => podFiles(model, one))
      .find(({ path }) => path === "/etc/hosts")?.content;
  };

  it("has the pod's own name, then hostAliases", () => {
    const spec = "hostAliases: [{ ip: 192.0.2.1, hostnames: [a.test, b.test] }, { ip: '2001:db8::1' }]";
    expect(hosts(spec)).toMatch(
      /^# Kubernetes-managed hosts file\.\n[^]*\n10\.244\.0\.\d+\tp\n\n# Entries added by HostAliases\.\n192\.0\.2\.1\ta\.test\tb\.test\n2001:db8::1\n$/,
    );
    expect(hosts("")).toMatch(/\tp\n$/);
  });

  it("of the host's network is the node's", () => {
    expect(hosts("hostNetwork: true")).toBe(
      `# Kubernetes-managed hosts file (host network).\n${hostFile(cluster("", ""))}`,
    );
  });
});

describe("resolv.conf", () => {
  it.each([
    ["ClusterFirst is the default", "", "", `${SEARCH}nameserver 10.96.0.10\noptions ndots:5\n`],
    ["another domain and service range", "serviceCIDR: 10.3.0.0/24, dns: { domain: lab.test }", "", "search default.svc.lab.test svc.lab.test lab.test\nnameserver 10.3.0.10\noptions ndots:5\n"],
    ["Default is the node's", INTERNET, "dnsPolicy: Default", "nameserver 203.0.113.10\n"],
    ["Default without a server of the node", "", "dnsPolicy: Default", NONE],
    ["without a cluster DNS everything is Default", `dns: false, ${INTERNET}`, "", "nameserver 203.0.113.10\n"],
    ["with hostNetwork ClusterFirst is Default", INTERNET, "hostNetwork: true", "nameserver 203.0.113.10\n"],
    ["with hostNetwork ClusterFirstWithHostNet is the cluster's", INTERNET, "hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet", `${SEARCH}nameserver 10.96.0.10\noptions ndots:5\n`],
    ["None is what dnsConfig gives", "", "dnsPolicy: None, dnsConfig: { nameservers: [192.0.2.1], searches: [a.test], options: [{ name: ndots, value: \"2\" }, { name: edns0 }] }", "search a.test\nnameserver 192.0.2.1\noptions ndots:2 edns0\n"],
    ["dnsConfig adds, its options win", "", "dnsConfig: { nameservers: [192.0.2.1, 10.96.0.10], searches: [a.test, svc.cluster.local], options: [{ name: ndots, value: \"1\" }] }", `${SEARCH.trimEnd()} a.test\nnameserver 10.96.0.10\nnameserver 192.0.2.1\noptions ndots:1\n`],
  ])("%s", (_, spec, pod, expected) => {
    expect(resolvConf(spec, pod)).toBe(expected);
  }); // prettier-ignore

  it("of a node is the internet's server", () => {
    expect(nodeResolvConf(cluster(INTERNET, ""))).toBe("nameserver 203.0.113.10\n");
    expect(nodeResolvConf(cluster("", ""))).toBe(NONE);
  });
});
