/**
 * What NetworkPolicies say of Services, node ports, nodes and pods of the host's network, what the nodes' rules say, and what
 * packets do: all three must be the same, in both backends, next to each proxy and each way between nodes.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "./cli.ts";

const NAME = `policy-verdicts-${process.pid}`;

/** a, b and host on n1, c on n2; b lets only a in and goes nowhere, c reaches only pods of its namespace. */
const lab = (proxy: string, backend: string, cni: string): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster:
    nodes: [n1, n2]
    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]
    serviceCIDR: [10.96.0.0/16, "fd00:10:96::/112"]
    kubeProxy: ${proxy}
    networkPolicy: { backend: ${backend} }
    cni: ${cni}
    dns: false
  checks:
    - { name: pods, reach: { from: [pod/a, pod/b, pod/c, pod/host, n1, n2], to: [pod/a, pod/b, pod/c], port: 80 }, expect: { "*": { "*": open, pod/b: timeout }, n1: { "*": open }, pod/host: { "*": open }, pod/a: { pod/b: open }, pod/b: { "*": timeout } } }
    - { name: services, reach: { from: [pod/a, pod/c, n1, n2, pod/host], to: [svc/b, svc/c], port: 80 }, expect: { "*": { svc/c: open, svc/b: timeout }, n1: { "*": open }, pod/host: { "*": open }, pod/a: { svc/b: open } } }
    - { name: node ports, reach: { from: [internet, pod/a, pod/c, n1, n2], to: [n1, n2], port: 30090 }, expect: { "*": { "*": timeout }, n1: { n1: open, n2: timeout } , pod/a: { n1: open, n2: timeout } } }
    - { name: node ports open, reach: { from: [internet, pod/a, pod/c], to: [n1, n2], port: 30091 }, expect: { "*": open, pod/c: { n1: timeout, n2: open } } }
    - { name: host pod, reach: { from: [pod/a, pod/b, pod/c, n2, internet], to: [pod/host], port: 8088 }, expect: { "*": { "*": open }, pod/b: { "*": open }, pod/c: { "*": timeout } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: a, labels: { app: a } }, spec: { nodeName: n1, containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: b, labels: { app: b } }, spec: { nodeName: n1, containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: c, labels: { app: c } }, spec: { nodeName: n2, containers: [{ name: c, image: x, ports: [{ containerPort: 80 }] }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: host, labels: { app: a } }, spec: { nodeName: n1, hostNetwork: true, containers: [{ name: c, image: x, ports: [{ containerPort: 8088 }] }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: b }, spec: { type: NodePort, ipFamilyPolicy: RequireDualStack, selector: { app: b }, ports: [{ port: 80, nodePort: 30090 }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: c }, spec: { type: NodePort, ipFamilyPolicy: RequireDualStack, selector: { app: c }, ports: [{ port: 80, nodePort: 30091 }] } }
---
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: b }, spec: { podSelector: { matchLabels: { app: b } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: a } } }] }] } }
---
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: b-egress }, spec: { podSelector: { matchLabels: { app: b } }, policyTypes: [Egress] } }
---
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: host-no-effect }, spec: { podSelector: { matchLabels: { app: a } }, ingress: [{}] } }
---
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: c-egress }, spec: { podSelector: { matchLabels: { app: c } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: {} }] }] } }
`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-policy-verdicts-"));
});
afterAll(async () => {
  await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
});

test.for([
  ["iptables", "nftables", "{ backend: vxlan }"],
  ["nftables", "iptables", "{ backend: host-gw }"],
  ["iptables", "iptables", "{ backend: vxlan, directRouting: true }"],
] as const)("kube-proxy with %s, policies with %s, %s", async ([proxy, backend, cni]) => {
  writeFileSync(join(folder, "lab.yaml"), lab(proxy, backend, cni));
  const { code, stdout, stderr } = await cli(["test", "lab.yaml", "--plain"], { cwd: folder });
  expect(stderr).toBe("");
  expect(stdout).toContain("5 passed");
  expect(code).toBe(0);
});

test.for([
  ["iptables", ["iptables", "-I", "NP-FORWARD", "-j", "RETURN"]],
  ["nftables", ["nft", "insert", "rule", "inet", "k8snet-policy", "forward", "accept"]],
] as const)("a rule of %s broken by hand is found, with all three verdicts", async ([backend, breaking]) => {
  const whole = lab("iptables", backend, "{ backend: vxlan }");
  const one = whole.split("\n").filter((line) => !line.startsWith("    - {") || line.includes("name: pods,"));
  writeFileSync(join(folder, "lab.yaml"), one.join("\n").replace("name: pods,", "name: pods, within: 1s,"));
  expect(await cli(["up", "lab.yaml", "--plain"], { cwd: folder })).toMatchObject({ code: 0 });
  expect(await cli(["exec", NAME, "n1", "--", ...breaking])).toMatchObject({ code: 0 });
  const { code, stdout } = await cli(["check", NAME, "--plain"]);
  const said = stdout.replaceAll(/\s+/g, " ");
  expect(code).toBe(1);
  expect(said).toContain(
    "policies, rules and packets disagree in 4 of 15: pod/b → pod/a: policies: denied (egress isolated by default/b-egress)",
  );
  expect(said).toContain("rules: passed n1; packet: open");
  expect(await cli(["down", NAME])).toMatchObject({ code: 0 });
});
