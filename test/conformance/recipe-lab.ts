/** A lab for each recipe: its pods on two nodes, its Services by kube-proxy's rules, names by the cluster's own DNS, the internet for everything else. */
import type { Probe } from "../../src/services/probe/protocol.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import type { Lab } from "../../src/lab/lab.ts";
import type { Family } from "../../src/net/family.ts";
import { AskedLab, FIRST_TIMEOUT } from "./asked-lab.ts";
import type { Question, StepReport } from "./asked-lab.ts";
import type { RecipeCase, RecipeObject } from "./recipes.ts";

export interface RecipeLabOptions {
  readonly name: string;
  readonly family: Family;
  /** Of NetworkPolicies and Services both. */
  readonly backend: "iptables" | "nftables";
}

export const RECIPE_LABS: readonly RecipeLabOptions[] = [
  { name: "confrecipe4", backend: "iptables", family: "ipv4" },
  { name: "confrecipe6", backend: "nftables", family: "ipv6" },
];

type Stage = RecipeCase["stages"][number];
type RecipeProbe = Stage["probes"][number];

const RANGES = {
  ipv4: { nodeCIDR: "192.168.50.0/24", podCIDR: "10.244.0.0/16", serviceCIDR: "10.96.0.0/16", cidr: "93.184.216.0/24" },
  ipv6: {
    nodeCIDR: "fd00:50::/64",
    podCIDR: "fd00:10:244::/56",
    serviceCIDR: "fd00:10:96::/112",
    cidr: "2001:db8:93::/64",
  },
} as const;
const OUTSIDE = "www.example.com";
const INTERNET = { ipv4: "93.184.216.10", ipv6: "2001:db8:93::10" } as const;

/** The lab brings its own, with the labels that every cluster gives it. */
function isClusterDns({ kind, metadata }: RecipeObject): boolean {
  return (metadata?.namespace === "kube-system" && kind !== "Namespace") || metadata?.name === "kube-system";
}

function labOf({ objects }: RecipeCase, stage: Stage, { name, family, backend }: RecipeLabOptions): Lab {
  const { cidr, ...ranges } = RANGES[family];
  const documents = [
    {
      apiVersion: "k8snet-lab/v1",
      kind: "Lab",
      metadata: { name },
      spec: {
        cluster: {
          nodes: ["node1", "node2"],
          ...ranges,
          kubeProxy: backend,
          networkPolicy: { backend },
          dns: { replicas: 1 },
          internet: { cidr, servers: [80, 443, 8080], dns: { [OUTSIDE]: INTERNET[family] } },
        },
      },
    },
    ...objects.filter((object) => object.kind !== "ExternalServer" && !isClusterDns(object)),
    ...stage.policies,
  ];
  return loadLabText(documents.map((it) => JSON.stringify(it)).join("\n---\n"), "recipe.yaml").lab;
}

/** Where a packet of the probe goes: a pod, an address of a Service, or the internet. */
function addressOf(lab: Lab, to: string, family: Family): string {
  const [kind = "", name = ""] = to.split(/:(.*)/);
  const pod = lab.clusters[0]?.pods.find((it) => `${it.namespace}/${it.name}` === name);
  const service = lab.clusters[0]?.services.find((it) => `${it.namespace}/${it.name}` === name);
  const found =
    kind === "pod"
      ? pod?.address[family]
      : kind === "svc"
        ? service?.clusterIPs[0]
        : kind === "lb"
          ? service?.loadBalancerIPs[0]?.ip
          : INTERNET[family];
  if (found === undefined) throw new Error(`the lab has no ${to}`);
  return found;
}

function fullName(name: string, namespace: string): string {
  if (name === OUTSIDE || name.split(".").length > 3) return name;
  return `${name.includes(".") ? name : `${name}.${namespace}`}.svc.cluster.local`;
}

function probeOf(lab: Lab, asked: RecipeProbe, family: Family): Probe {
  const ns = asked.from.startsWith("external") ? "internet" : asked.from;
  const base = { ns, timeout: FIRST_TIMEOUT };
  if (asked.dns !== undefined) {
    const server = addressOf(lab, "svc:kube-system/kube-dns", family);
    const query = fullName(asked.dns, ns.split("/")[0] ?? "default");
    return {
      kind: "dns",
      ...base,
      to: server,
      port: 53,
      protocol: "udp",
      query,
      type: family === "ipv4" ? "A" : "AAAA",
    };
  }
  const to = addressOf(lab, asked.to ?? "", family);
  const { protocol = "TCP", port = 80 } = asked;
  if (protocol === "ICMP") return { kind: "ping", ...base, to, count: 1, df: false };
  return { kind: ({ TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const)[protocol], ...base, to, port };
}

/** Every stage of a recipe, one after the other in a lab of its own. */
export async function runRecipe(recipe: RecipeCase, options: RecipeLabOptions): Promise<readonly StepReport[]> {
  const asked = new AskedLab();
  const reports: StepReport[] = [];
  try {
    for (const [i, stage] of recipe.stages.entries()) {
      const lab = labOf(recipe, stage, options);
      const questions = stage.probes.map((probe): Question => {
        const what = probe.dns === undefined ? `${probe.to} ${probe.protocol} ${probe.port}` : `lookup of ${probe.dns}`;
        return {
          probe: probeOf(lab, probe, options.family),
          text: `${probe.from} to ${what}`,
          allowed: probe.expect === "allow",
        };
      });
      reports.push(await asked.ask(`${recipe.id}.${i}`, lab, questions));
    }
  } finally {
    await asked.down();
  }
  return reports;
}
