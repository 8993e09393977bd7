import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import type { L7Resource } from "../../../../src/resources/l7/definition.ts";

const SHOP = [
  "{ apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: shop }, spec: { ingressClassName: nginx, rules: [{ host: shop.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] } }",
  "{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] } }",
  "{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { nodeName: node1, containers: [{ name: c, ports: [{ containerPort: 8080 }] }] } }",
];

const load = (ingress: string, manifests: readonly string[] = SHOP) =>
  loadLabText(
    [
      `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: shop }, spec: { cluster: { nodes: [node1, node2], dns: false, ingress: ${ingress} } } }`,
      ...manifests,
    ].join("\n---\n"),
    "lab.yaml",
  );

const proxies = (ingress: string, manifests?: readonly string[]): readonly L7Resource[] =>
  planResources(load(ingress, manifests).lab).filter((one): one is L7Resource => one.kind === "l7");

describe("spec.cluster.ingress", () => {
  it("installs a controller behind a Service, which is where the setting stands", () => {
    const { lab, warnings } = load("ingress-nginx");
    expect(warnings).toEqual([]);
    const [cluster] = lab.clusters;
    const service = cluster?.services.find(({ name }) => name === "ingress-nginx-controller");
    expect([service?.type, service?.externalTrafficPolicy, service?.loadBalancerIPs.length]).toEqual([
      "LoadBalancer",
      "Local",
      1,
    ]);
    expect(service?.cause.source).toMatchObject({ file: "lab.yaml", line: 1 });
  });

  it("has its pods serve the Ingresses of its class, with endpoints, in place of the built-in server", () => {
    const [proxy, ...others] = proxies("{ controller: ingress-nginx, replicas: 2 }");
    expect(others).toHaveLength(1);
    expect(others[0]?.table).toEqual(proxy?.table);
    expect(proxy?.table.ports.map(({ port }) => port)).toEqual([80, 443]);
    const endpoints = Object.values(proxy?.table.backends ?? {}).flatMap((one) => one.endpoints);
    expect(endpoints).toMatchObject([{ port: 8080, pod: "default/web" }]);
    const servers = planResources(load("ingress-nginx").lab).filter(
      (one) => one.kind === "server" && one.ns === proxy?.ns,
    );
    expect(servers.map((one) => one.kind === "server" && one.port)).toEqual([10_254]);
  });

  it("is a DaemonSet in the nodes' own network on request", () => {
    expect(proxies("{ controller: ingress-nginx, hostNetwork: true, service: NodePort }").map(({ ns }) => ns)).toEqual([
      "node1",
      "node2",
    ]);
  });

  it("shows the certificate of an Ingress' Secret, and its own for other names", () => {
    const file = readFileSync(join(import.meta.dirname, "../../../../labs/ingress-tls.yaml"), "utf8");
    const proxy = planResources(loadLabText(file, "ingress-tls.yaml").lab).find(
      (one): one is L7Resource => one.kind === "l7",
    );
    const shown = Object.values(proxy?.certificates ?? {});
    expect(shown.filter((one) => "selfSigned" in one)).toEqual([
      { selfSigned: "Kubernetes Ingress Controller Fake Certificate" },
    ]);
    const subjects = shown.flatMap((one) => ("certificate" in one ? new X509Certificate(one.certificate).subject : []));
    expect(subjects.toSorted()).toEqual(["CN=*.apps.example", "CN=shop.example"]);
  });

  it("takes its ConfigMap", () => {
    const [proxy] = proxies('{ controller: ingress-nginx, config: { use-proxy-protocol: "true" } }');
    expect(proxy?.table.ports.every(({ proxyProtocol }) => proxyProtocol === true)).toBe(true);
  });

  it("makes its class the default one on request", () => {
    const [ingress = "", ...rest] = SHOP;
    const manifests = [ingress.replace("ingressClassName: nginx, ", ""), ...rest];
    const hosts = (setting: string): number =>
      proxies(setting, manifests)[0]?.table.ports.flatMap(({ listeners }) =>
        listeners.flatMap((one) => one.hosts.filter(({ hostname }) => hostname === "shop.example")),
      ).length ?? 0;
    expect(hosts("ingress-nginx")).toBe(0);
    expect(hosts("{ controller: ingress-nginx, default: true }")).toBeGreaterThan(0);
  });
});
