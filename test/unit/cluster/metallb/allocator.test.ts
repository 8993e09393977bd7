/**
 * Addresses that MetalLB's own controller (metallb 7938d3f8, controller/service.go, convergeBalancer) gave to Services of random pools,
 * families, policies and annotations, one Service after the other. Namespace default has the label team: a, and shop team: b.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { InputError } from "../../../../src/errors.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import type { ClusterModel } from "../../../../src/cluster/cluster.ts";
import { l2 } from "./metallb-lab.ts";

interface Case {
  readonly pools: readonly { readonly name: string }[];
  readonly services: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly families: readonly string[];
    readonly policy: string;
    readonly port: number;
    readonly app: string;
    readonly local: boolean;
    readonly gets: readonly string[];
    readonly pool: string;
  }[];
}

const CASES = JSON.parse(readFileSync(new URL("allocations.json", import.meta.url), "utf8")) as readonly Case[];
const LAB = {
  apiVersion: "k8snet-lab/v1",
  kind: "Lab",
  metadata: { name: "t" },
  spec: { cluster: { nodes: ["node1"], podCIDR: ["10.244.0.0/16", "fd00:10:244::/56"] } },
};
const namespace = (name: string, team: string) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { team } },
});

function documents({ pools, services }: Case): readonly unknown[] {
  return [
    ...pools.map(({ name, ...spec }) => ({
      apiVersion: "metallb.io/v1beta1",
      kind: "IPAddressPool",
      metadata: { name, namespace: "metallb-system" },
      spec,
    })),
    ...services.map(({ name, namespace: ns, labels, annotations, families, policy, port, app, local }) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: ns, labels, annotations },
      spec: {
        type: "LoadBalancer",
        selector: { app },
        ports: [{ port }],
        ipFamilies: families,
        ipFamilyPolicy: policy,
        ...(local ? { externalTrafficPolicy: "Local" } : {}),
      },
    })),
  ];
}

/** A Service whose request is a mistake is refused here; MetalLB leaves it without an address. */
function loaded(one: Case): ClusterModel | undefined {
  const text = [LAB, namespace("default", "a"), namespace("shop", "b"), ...documents(one)]
    .map((document) => JSON.stringify(document))
    .concat(l2())
    .join("\n---\n");
  try {
    return loadLabText(text, "lab.yaml").lab.clusters[0];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const said = error.diagnostics.filter(({ severity }) => severity !== "warning").map(({ message }) => message);
    const isRefused = ({ name, namespace: ns }: Case["services"][number]): boolean =>
      said.some((message) => message.includes(`"${ns}/${name}"`) || message.includes(`Service "${name}"`));
    const left = one.services.filter((service) => !isRefused(service));
    expect(one.services.filter(isRefused).flatMap(({ gets }) => gets)).toEqual([]);
    expect(left.length).toBeLessThan(one.services.length);
    return loaded({ ...one, services: left });
  }
}

test.each(CASES.map((one, i) => ({ one, i })))("case $i", ({ one }) => {
  const model = loaded(one);
  const got = one.services.map(({ name, namespace: ns }) => {
    const service = model?.services.find((found) => found.namespace === ns && found.name === name);
    const ips = (service?.loadBalancerIPs ?? []).map(({ ip }) => ip);
    return { name, gets: ips, pool: service?.annotations["metallb.io/ip-allocated-from-pool"] ?? "" };
  });
  expect(got).toEqual(one.services.map(({ name, gets, pool }) => ({ name, gets, pool })));
});
