/** NetworkPolicies and Services on one cluster: policies judge what comes out of a Service's translation, in every pair of backends. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "./cli.ts";

const NAME = `policy-svc-${process.pid}`;

const pod = (name: string, app: string, node: string): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${app} } }
spec: { nodeName: ${node}, containers: [{ name: c, image: x, ports: [{ containerPort: 8080 }] }] }
`;
const service = (name: string, last: number): string => `---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  type: NodePort
  ipFamilyPolicy: PreferDualStack
  clusterIPs: [10.96.0.${last}, "fd00:10:96::${last}"]
  clusterIP: 10.96.0.${last}
  selector: { app: ${name} }
  ports: [{ port: 80, targetPort: 8080, nodePort: ${30_000 + last} }]
`;
const policy = (name: string, namespace: string, spec: string): string => `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;

const lab = (proxy: string, backend: string): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME}, title: NetworkPolicies and Services }
spec:
  cluster:
    nodes: [n1, n2]
    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]
    serviceCIDR: [10.96.0.0/16, "fd00:10:96::/112"]
    kubeProxy: ${proxy}
    networkPolicy: { backend: ${backend} }
  checks:
    - { name: allowed, from: pod/client, http: "http://10.96.0.50:80/", expect: { status: 200 } }
    - { name: allowed by IPv6, from: pod/client, http: "http://[fd00:10:96::50]:80/", expect: { status: 200 } }
    - { name: ingress denied, from: pod/stranger, tcp: "10.96.0.50:80", expect: timeout }
    - { name: ingress denied by IPv6, from: pod/stranger, tcp: "[fd00:10:96::50]:80", expect: timeout }
    - { name: ingress denied by node port, from: internet, tcp: "n1:30050", expect: timeout }
    - { name: egress denied, from: pod/client, tcp: "10.96.0.51:80", expect: timeout }
    - { name: nobody isolated, from: pod/stranger, tcp: "10.96.0.51:80", expect: open }
    - { name: the cluster's DNS for one, from: pod/stranger, tcp: "10.96.0.10:53", expect: open }
    - { name: and not for the other, from: pod/other, tcp: "10.96.0.10:53", expect: timeout }
${pod("client", "client", "n1")}${pod("stranger", "stranger", "n1")}${pod("web1", "web", "n1")}${pod("web2", "web", "n2")}${pod("other", "other", "n2")}
${service("web", 50)}${service("other", 51)}
${policy("web", "default", "{ podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: client } } }], ports: [{ port: 8080 }] }] }")}
${policy("client", "default", "{ podSelector: { matchLabels: { app: client } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { app: web } } }] }] }")}
${policy("dns", "kube-system", "{ podSelector: { matchLabels: { k8s-app: kube-dns } }, ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: stranger } } }] }] }")}
`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-policy-services-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.for([
  ["iptables", "iptables"],
  ["nftables", "nftables"],
  ["iptables", "nftables"],
  ["nftables", "iptables"],
] as const)("kube-proxy with %s, policies with %s", async ([proxy, backend]) => {
  writeFileSync(join(folder, "lab.yaml"), lab(proxy, backend));
  const { code, stdout, stderr } = await cli(["test", "lab.yaml", "--plain"], { cwd: folder });
  expect(stderr).toBe("");
  expect(stdout).toContain("9 passed");
  expect(code).toBe(0);
});
test("a process proxies: policies hold between pods, through Services they meet the node", async () => {
  const checks = `
    - { name: allowed between pods, from: pod/client, tcp: "pod/web2:8080", expect: open }
    - { name: denied between pods, from: pod/stranger, tcp: "pod/web2:8080", expect: timeout }
    - { name: denied between pods of one node, from: pod/stranger, tcp: "pod/web1:8080", expect: timeout }
    - { name: egress denied between pods, from: pod/client, tcp: "pod/other:8080", expect: timeout }
    - { name: the backend's own node may always, from: pod/stranger, http: "http://10.96.0.50:80/hostname", expect: { status: 200, body: web1 } }
    - { name: another node is nobody that a policy names, from: pod/client, http: "http://10.96.0.52:80/", expect: timeout }
    - { name: to its own node a pod may always send, from: pod/client, http: "http://10.96.0.51:80/hostname", expect: { status: 200, body: other } }`;
  const text = lab("userspace", "iptables")
    .replace(/  checks:[^]*?\n---\n/, `  checks:${checks}\n---\n`)
    .replace("selector: { app: web }", "selector: { app: web, at: n1 }")
    .replace("name: web1, labels: { app: web }", "name: web1, labels: { app: web, at: n1 }")
    .concat(service("far", 52).replace("selector: { app: far }", "selector: { app: web, at: n2 }"))
    .replace("name: web2, labels: { app: web }", "name: web2, labels: { app: web, at: n2 }");
  writeFileSync(join(folder, "lab.yaml"), text);
  const { code, stdout, stderr } = await cli(["test", "lab.yaml", "--plain"], { cwd: folder });
  expect(`${stdout}${stderr}`).toContain("hides clients from NetworkPolicies");
  expect(stdout).toContain("7 passed");
  expect(code).toBe(0);
});
