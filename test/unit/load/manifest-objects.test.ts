/** What is taken of manifests, what is left out by name, and what is a slip: the same in labs and in policy commands. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../../../src/errors.ts";
import { loadLab, loadLabText } from "../../../src/load/load-lab.ts";
import { loadPolicyLab } from "../../../src/load/policy-manifests.ts";
import type { PolicyLabOptions } from "../../../src/load/policy-manifests.ts";
import { clusterLab, diagnose, pod } from "./diagnose.ts";

let cwd = "";
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "objects-"));
  mkdirSync(join(cwd, "app"));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const NODES = "    nodes: [node1, node2]";
const object = (apiVersion: string, kind: string, name = "x"): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: { a: { b: [1] } }`;

function policy(text: string, options: Partial<PolicyLabOptions> = {}) {
  writeFileSync(join(cwd, "m.yaml"), text);
  return loadPolicyLab(["m.yaml"], { cwd, ...options });
}

/** Messages of a policy command, errors and warnings. */
function told(text: string, options: Partial<PolicyLabOptions> = {}): readonly string[] {
  try {
    return policy(text, options).warnings.map(({ message }) => message);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics.map(({ severity, message }) => `${severity}: ${message}`);
  }
}

describe("objects that may matter to the network and are not built", () => {
  test.each([
    ["cilium.io/v2", "CiliumNetworkPolicy", "policies of this API are not supported"],
    ["crd.antrea.io/v1beta1", "NetworkPolicy", "policies of this API are not supported"],
    ["crd.antrea.io/v1beta1", "ClusterNetworkPolicy", "policies of this API are not supported"],
    ["networking.k8s.io/v1", "ServiceCIDR", "nothing here acts on it"],
    ["traefik.io/v1alpha1", "IngressRoute", "no controller implements it here"],
    ["gateway.networking.k8s.io/v1", "HTTPRoute", "no controller implements it here"],
    ["serving.knative.dev/v1", "Service", "no controller implements it here"],
    ["security.istio.io/v1", "AuthorizationPolicy", "service meshes are not supported"],
    ["metallb.io/v1beta1", "AddressPool", "nothing here acts on it"],
  ])("%s %s", (apiVersion, kind, why) => {
    const manifest = object(apiVersion, kind);
    const message = `${kind} x (${apiVersion}) is left out: ${why}`;
    expect(diagnose(clusterLab(NODES, pod("a"), manifest)).join()).toContain(`warning: ${message}`);
    expect(told(manifest).join()).toContain(message);
    expect(policy(manifest).parts[0]?.leftOut.map((one) => `${one.kind} ${one.name}`)).toEqual([`${kind} x`]);
    expect(told(manifest, { strict: true }).join()).toContain(`error: ${message}`);
    expect(() => loadLabText(clusterLab(NODES, manifest), "lab.yaml", { strict: true })).toThrow(message);
  });

  test("policies of Calico's API are read under Calico, and left out under others", () => {
    const manifest =
      "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: { name: x }\nspec: { selector: all() }";
    const told = diagnose(clusterLab(NODES, pod("a"), manifest)).join();
    expect(told).toContain(
      "warning: NetworkPolicy x (projectcalico.org/v3) is left out: this network plugin does not enforce policies of its API; cni: { plugin: calico } does",
    );
    const calico = `    cni: { plugin: calico }\n${NODES}`;
    expect(diagnose(clusterLab(calico, pod("a"), manifest))).toEqual([]);
    const { parts } = policy(`${pod("a")}\n---\n${manifest}`);
    expect(parts[0]?.leftOut).toEqual([]);
    expect(parts[0]?.cluster.cni.plugin).toBe("calico");
    expect(parts[0]?.cluster.calico?.policies.map(({ name }) => name)).toEqual(["x"]);
  });

  test("many of a kind share a line, each policy has its own; what has no name is its kind", () => {
    const of = (version: string, kind: string, names: readonly string[]): string =>
      names.map((name) => object(version, kind, name)).join("\n---\n");
    const text = [
      of("networking.istio.io/v1", "VirtualService", ["a", "b", "a", "c", "d"]),
      of("cilium.io/v2", "CiliumNetworkPolicy", ["a", "b"]),
      of("argoproj.io/v1alpha1", "Rollout", ["a", "b"]),
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway",
    ].join("\n---\n");
    const mesh = "(networking.istio.io/v1) are left out: service meshes are not supported";
    expect(told(text)).toEqual([
      `VirtualService a, b, c and 2 more ${mesh}`,
      ...["a", "b"].map(
        (name) =>
          `CiliumNetworkPolicy ${name} (cilium.io/v2) is left out: policies of this API are not supported and not enforced`,
      ),
      "Rollout a, b (argoproj.io/v1alpha1) are left out: no operator creates its pods here",
      "Gateway (gateway.networking.k8s.io/v1) is left out: no controller implements it here",
    ]);
    expect(told(text, { strict: true }).filter((line) => line.startsWith("error: "))).toHaveLength(10);
  });

  test("kinds of operators are one line, and kinds of unknown APIs another", () => {
    const text = [
      object("cert-manager.io/v1", "Certificate"),
      object("monitoring.coreos.com/v1", "ServiceMonitor", "a"),
      object("monitoring.coreos.com/v1", "ServiceMonitor", "b"),
      object("example.com/v1", "Widget", "a"),
      object("example.com/v1", "Widget", "b"),
      object("example.org/v1", "Gadget"),
    ].join("\n---\n");
    const lines = [
      "3 objects are left out, which do not affect the network: 2 ServiceMonitor, 1 Certificate",
      "3 objects of unknown APIs are left out; whether they matter to the network is not known: 2 Widget (example.com/v1), 1 Gadget (example.org/v1)",
    ];
    expect(told(text)).toEqual(lines);
    expect(diagnose(clusterLab(NODES, pod("a"), text)).map((line) => line.replace(/^\S+ warning: /, ""))).toEqual(
      lines,
    );
    expect(told(text, { strict: true })).toEqual([`warning: ${lines[0]}`, `error: ${lines[1]}`]);
  });

  test.each([
    ["v1", "Deployment", 'no matches for kind "Deployment" in version "v1"'],
    ["apps/v1", "Deploiment", 'no matches for kind "Deploiment" in version "apps/v1"'],
    ["networking.k8s.io/v1", "NetworkPolice", 'no matches for kind "NetworkPolice" in version "networking.k8s.io/v1"'],
    [
      "networking.k8s.io/v2",
      "NetworkPolicy",
      'NetworkPolicy "x": no matches for kind "NetworkPolicy" in version "networking.k8s.io/v2"',
    ],
  ])("%s %s is a slip", (apiVersion, kind, message) => {
    expect(told(object(apiVersion, kind)).join()).toContain(`error: ${message}`);
    expect(diagnose(clusterLab(NODES, object(apiVersion, kind))).join()).toContain(message);
  });
});

describe("annotations and labels that others act on", () => {
  const annotated = (field: string, key: string, value = "x"): string =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: s, ${field}: { "${key}": "${value}" } }\nspec: { selector: { a: b }, ports: [{ port: 80 }] }`;

  test.each([
    ["annotations", "service.beta.kubernetes.io/aws-load-balancer-internal", "x", "no cloud load balancer is created"],
    ["annotations", "k8s.v1.cni.cncf.io/networks", "x", "pods have one network (Multus is not supported)"],
    ["labels", "istio-injection", "enabled", "no sidecar is injected"],
    ["annotations", "metallb.io/addresspool", "x", "MetalLB knows address-pool, loadBalancerIPs and allow-shared-ip"],
  ])("%s: %s=%s is named", (field, key, value, why) => {
    const message = `${key} is left out: ${why}`;
    expect(told(annotated(field, key, value))).toContain(message);
    expect(diagnose(clusterLab(NODES, pod("a"), annotated(field, key, value))).join()).toContain(message);
    expect(told(annotated(field, key, value), { strict: true })).toContain(`error: ${message}`);
  });

  test("others are left in peace", () => {
    for (const key of [
      "prometheus.io/scrape",
      "app.kubernetes.io/name",
      "kubectl.kubernetes.io/last-applied-configuration",
    ])
      expect(told(annotated("annotations", key)).join()).not.toContain("left out");
    expect(told(annotated("labels", "istio-injection", "disabled")).join()).not.toContain("left out");
  });
});

describe("as kubectl apply takes them", () => {
  const namespace = (labels: string): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { ${labels} } }`;

  test.each([
    ["another", "tier: b", "this one is used, as kubectl apply would"],
    ["equal", "tier: a", "both are the same"],
  ])("the same object twice: the later of the two, %s", (_, second, message) => {
    const text = `${namespace("tier: a")}\n---\n${namespace(second)}`;
    const { lab, warnings } = policy(text);
    expect(lab.clusters[0]?.namespaces.find(({ name }) => name === "shop")?.labels["tier"]).toBe(second.slice(-1));
    expect(warnings).toMatchObject([
      {
        message: `Namespace "shop" is defined twice: ${message}`,
        hint: "the first is in m.yaml:3",
        source: { line: 7 },
      },
    ]);
    const { lab: built } = loadLabText(clusterLab(NODES, pod("a"), text), "lab.yaml");
    expect(built.clusters[0]?.namespaces.find(({ name }) => name === "shop")?.labels["tier"]).toBe(second.slice(-1));
  });

  test("names that Helm would fill in are one message for each file", () => {
    const template = (kind: string): string =>
      `apiVersion: v1\nkind: ${kind}\nmetadata: { name: "{{ .Release.Name }}-x" }\n`;
    expect(told(`${template("Service")}---\n${template("Pod")}`)).toEqual([
      "error: line 3 contains a template ({{ .Release.Name }}): it must be rendered first",
    ]);
  });

  test("lists of one kind, and lists in lists", () => {
    const text = `{"apiVersion":"v1","kind":"PodList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c"}]}}]}
---
{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"},"spec":{"containers":[{"name":"c"}]}}]}]}`;
    const names = (pods: readonly { readonly name: string }[] = []): string =>
      pods
        .map(({ name }) => name)
        .filter((name) => name.length === 1)
        .join();
    expect(names(policy(text).lab.clusters[0]?.pods)).toBe("a,b");
    expect(names(loadLabText(clusterLab(NODES, text), "lab.yaml").lab.clusters[0]?.pods)).toBe("a,b");
  });

  test("kustomize's own files are left out with a hint: by name, without a kind, and Components", async () => {
    writeFileSync(join(cwd, "app", "kustomization.yaml"), "resources: [pod.yaml]\nnamePrefix: x-\n");
    writeFileSync(join(cwd, "app", "pod.yaml"), pod("a"));
    writeFileSync(join(cwd, "app", "part.yaml"), "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n");
    writeFileSync(join(cwd, "lab.yaml"), clusterLab(`${NODES}\n  manifests: [app/]`));
    writeFileSync(
      join(cwd, "app", "transformer.yaml"),
      "apiVersion: builtin\nkind: LabelTransformer\nmetadata: { name: l }\n",
    );
    const expected = ["app/kustomization.yaml:1", "app/part.yaml:2", "app/transformer.yaml:2"];
    const { lab, warnings } = await loadLab("lab.yaml", { cwd });
    const byPolicy = loadPolicyLab(["app"], { cwd });
    for (const [pods, found] of [
      [lab.clusters[0]?.pods, warnings],
      [byPolicy.lab.clusters[0]?.pods, byPolicy.warnings],
    ] as const) {
      expect(pods?.some(({ name }) => name === "a")).toBe(true);
      const hints = found.filter(({ hint }) => hint?.startsWith("kubectl kustomize FOLDER") === true);
      expect(hints.map(({ source }) => `${source?.file}:${source?.line}`).toSorted()).toEqual(expected);
    }
  });
});
