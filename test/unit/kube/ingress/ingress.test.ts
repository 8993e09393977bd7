import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { clusterLab, diagnose, pod } from "../../load/diagnose.ts";

const NODES = "    nodes: [node1]";

const ingress = (spec: string, metadata = ""): string =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: shop${metadata} }\nspec: ${spec}`;
const ingressClass = (name: string, isDefault = false, controller = "k8s.io/ingress-nginx"): string =>
  `apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: ${name}, annotations: { ingressclass.kubernetes.io/is-default-class: "${isDefault}" } }\nspec: { controller: ${controller} }`;
const WEB = `apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }`;
const found = (...manifests: string[]): readonly string[] =>
  diagnose(clusterLab(NODES, pod("web"), WEB, ...manifests)).map((line) => line.replace(/^\d+:\d+ /, ""));
const rule = (path: string): string => `{ ingressClassName: a, rules: [{ http: { paths: [${path}] } }] }`;
const backend = "backend: { service: { name: web, port: { number: 80 } } }";

describe("what the API server refuses in an Ingress", () => {
  test.each([
    ["{ ingressClassName: a }", "Invalid value: []: either `defaultBackend` or `rules` must be specified"],
    ["{ ingressClassName: a, defaultBackend: {} }", 'Invalid value: "": resource or service backend is required'],
    [
      "{ ingressClassName: a, defaultBackend: { service: { name: web, port: { name: http, number: 80 } } } }",
      'Invalid value: "": cannot set both port name & port number',
    ],
    [
      "{ ingressClassName: a, defaultBackend: { service: { name: web } } }",
      "Required value: port name or number is required",
    ],
    ["{ ingressClassName: a, rules: [{ http: { paths: [] } }] }", "Required value"],
    [rule(`{ path: /, ${backend} }`), "Required value: pathType must be specified"],
    [rule(`{ path: a, pathType: Prefix, ${backend} }`), 'Invalid value: "a": must be an absolute path'],
    [rule(`{ path: /a//b, pathType: Exact, ${backend} }`), "Invalid value: \"/a//b\": must not contain '//'"],
    [rule(`{ path: /a/.., pathType: Exact, ${backend} }`), "Invalid value: \"/a/..\": cannot end with '/..'"],
    [
      rule(`{ path: /, pathType: Regex, ${backend} }`),
      'Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
    ],
    [
      `{ ingressClassName: a, rules: [{ host: 10.0.0.1 }] }`,
      'Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ],
    [`{ ingressClassName: a, rules: [{ host: "*" }] }`, 'Invalid value: "*": a wildcard DNS-1123 subdomain must start'],
    [
      `{ ingressClassName: a, rules: [{ host: a.example }], tls: [{ hosts: [A.example] }] }`,
      'Invalid value: "A.example": a lowercase RFC 1123 subdomain',
    ],
  ])("%s", (spec, message) => expect(found(ingressClass("a"), ingress(spec)).join("\n")).toContain(message));

  test("an annotation of another class than ingressClassName", () => {
    const both = ingress("{ ingressClassName: a, rules: [{}] }", ", annotations: { kubernetes.io/ingress.class: b }");
    expect(found(ingressClass("a"), both).join()).toContain("must match `ingressClassName` when both are specified");
  });

  test("an IngressClass without a domain, and parameters of a wrong scope", () => {
    expect(found(ingressClass("a", false, "nginx")).join()).toContain("must be a domain-prefixed path");
    const scoped = `${ingressClass("a").replace(/\n[^\n]*$/, "")}\nspec: { controller: a.example/b, parameters: { kind: K, name: n, namespace: x } }`;
    expect(found(scoped).join()).toContain("Forbidden: `parameters.scope` is set to 'Cluster'");
  });
});

const SHOP = ingress(
  `{ rules: [{ host: shop.example, http: { paths: [{ path: /, pathType: Prefix, ${backend} }] } }] }`,
);
const loaded = (...manifests: string[]) =>
  loadLabText(clusterLab(NODES, pod("web"), WEB, ...manifests), "lab.yaml").lab.clusters[0]?.ingress;

describe("classes", () => {
  test("the default one is filled in, and two are refused", () => {
    expect(loaded(ingressClass("a"), ingressClass("b", true), SHOP)?.ingresses[0]?.className).toBe("b");
    expect(found(ingressClass("a", true), ingressClass("b", true), SHOP).slice(1)).toEqual([
      "forbidden: Internal error occurred: 2 default IngressClasses were found, only 1 allowed",
    ]);
  });

  test("an unknown class, an unknown controller and an Ingress without class are named", () => {
    const named = SHOP.replace("{ rules", "{ ingressClassName: ngnix, rules");
    expect(found(ingressClass("nginx"), named).join()).toContain(
      'there is no IngressClass "ngnix": the Ingress is not served',
    );
    expect(found(ingressClass("a", true, "acme.io/lb"), SHOP).join()).toContain(
      "no controller acme.io/lb is known here",
    );
    expect(found(ingressClass("nginx"), SHOP).join()).toContain("Ingress default/shop has no class");
  });
});

test("a TLS Secret that is missing or has no PEM is named, and the controller's own certificate shown", () => {
  const tls = SHOP.replace(
    "{ rules",
    "{ ingressClassName: nginx, tls: [{ hosts: [shop.example], secretName: cert }], rules",
  );
  const secret = (certificate: string): string =>
    `apiVersion: v1\nkind: Secret\nmetadata: { name: cert }\ntype: kubernetes.io/tls\nstringData: { tls.crt: "${certificate}", tls.key: x }`;
  const own = "the controller shows its own certificate";
  expect(found(ingressClass("nginx"), tls).join()).toContain(`Secret default/cert does not exist: ${own}`);
  expect(found(ingressClass("nginx"), secret("x"), tls).join()).toContain(
    `Secret default/cert has no certificate in PEM in tls.crt: ${own}`,
  );
  const incomplete = secret("x").replace(", tls.key: x", "");
  expect(found(incomplete).join()).toContain("Required value: data[tls.key]");
});
