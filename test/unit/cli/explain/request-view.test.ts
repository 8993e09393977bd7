import { expect, it } from "vitest";
import { formatRequest } from "../../../../src/cli/explain/request-view.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import { paint } from "../../../../src/report/color.ts";
import type { L7Resource } from "../../../../src/resources/l7/definition.ts";

const LAB = [
  "{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: shop }, spec: { cluster: { nodes: [node1], dns: false, ingress: ingress-nginx } } }",
  "{ apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: { name: shop }, spec: { ingressClassName: nginx, rules: [{ host: shop.example, http: { paths: [{ path: /cart, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] } }",
  "{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] } }",
  "{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { nodeName: node1, containers: [{ name: c, ports: [{ containerPort: 8080 }] }] } }",
].join("\n---\n");

const proxy = planResources(loadLabText(LAB, "lab.yaml").lab).find((one): one is L7Resource => one.kind === "l7");

function shown(host: string, target: string): string {
  if (proxy === undefined) throw new Error("no proxy");
  const request = { port: 80, tls: false, clientAddress: "203.0.113.10", method: "GET", host, target, headers: {} };
  return formatRequest({ place: "pod/x", proxy, request }, paint({ isTTY: false }, {}));
}

it("names the lines of host, route and backend, with the endpoint", () => {
  const text = shown("shop.example", "/cart/1");
  expect(text).toContain("pod/x, proxy ingress-nginx: GET /cart/1 for shop.example");
  expect(text).toMatch(/host +shop\.example +← lab\.yaml:3:\d+ Ingress default\/shop/);
  expect(text).toMatch(/route +Ingress default\/shop shop\.example \/cart \(Prefix\) +← lab\.yaml:3/);
  expect(text).toMatch(/backend +default\/web:80: 10\.244\.0\.\d+:8080 \(pod\/web\) +← lab\.yaml:3/);
});

it("says why nothing fits, candidate by candidate", () => {
  expect(shown("other.example", "/cart")).toMatch(/not shop\.example: host is other\.example, not shop\.example/);
  const text = shown("shop.example", "/other");
  expect(text).toContain("not Ingress default/shop shop.example /cart (Prefix): ");
  expect(text).toContain("answers 404");
});
