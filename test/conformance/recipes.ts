/** The NetworkPolicy recipes of shared/conformance: who may reach whom, by name and by Service, as the policies' oracle is asked. */
import type { PolicyWorld } from "../../src/cluster/policy/policy-world.ts";
import { makeWorld, readCases } from "./policies.ts";
import type { Labels, Manifest } from "./policies.ts";

export interface RecipeObject {
  readonly kind: string;
  readonly metadata?: { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
  readonly spec?: {
    readonly selector?: Labels;
    readonly ports?: readonly { readonly port: number; readonly targetPort?: number }[];
    readonly containers?: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: "TCP" }[];
    }[];
  };
}

export interface RecipeCase {
  readonly id: string;
  readonly objects: readonly RecipeObject[];
  readonly stages: readonly {
    readonly policies: readonly Manifest[];
    readonly probes: readonly {
      readonly from: string;
      readonly to?: string;
      readonly kind?: string;
      readonly dns?: string;
      readonly protocol?: "TCP" | "UDP" | "SCTP" | "ICMP";
      readonly port?: number;
      readonly expect: "allow" | "deny";
    }[];
  }[];
}

export function recipeCases(): readonly RecipeCase[] {
  return readCases<RecipeCase>("recipes/cases.json");
}

export interface RecipeProbe {
  readonly id: string;
  readonly world: PolicyWorld;
  readonly from: string;
  /** A pod, or an address outside of the cluster. */
  readonly to: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
  readonly allowed: boolean;
}

/** Probes as the policies see them: Services are their first endpoint, a lookup is UDP 53 of CoreDNS. ICMP is undefined by the API and left out. */
export function recipeProbes(): readonly RecipeProbe[] {
  return recipeCases().flatMap(({ id, objects, stages }) => {
    const of = (kind: string): readonly RecipeObject[] => objects.filter((object) => object.kind === kind);
    const fullName = (object: RecipeObject): string =>
      `${object.metadata?.namespace ?? "default"}/${object.metadata?.name}`;
    const namespaces = Object.fromEntries([
      ["default", {}],
      ...of("Namespace").map(({ metadata }) => [metadata?.name, metadata?.labels ?? {}] as const),
    ]) as Record<string, Labels>;
    const services = new Map(of("Service").map((service) => [fullName(service), service]));
    return stages.flatMap(({ policies, probes }, i) => {
      const base = makeWorld(
        namespaces,
        of("Pod").map((pod, j) => ({ pod: fullName(pod), labels: pod.metadata?.labels ?? {}, ip: `10.9.0.${j + 1}` })),
        policies,
      );
      const world: PolicyWorld = {
        ...base,
        pods: base.pods.map((pod, j) => ({
          ...pod,
          ports: (of("Pod")[j]?.spec?.containers ?? []).flatMap(({ ports }) =>
            (ports ?? []).map(({ name, containerPort, protocol }) => ({
              name,
              port: containerPort,
              protocol: protocol ?? "TCP",
            })),
          ),
        })),
      };
      return probes.flatMap((probe, j) => {
        const wanted = probe.kind === "dns-lookup" ? "svc:kube-system/kube-dns" : (probe.to ?? "");
        const protocol = probe.kind === "dns-lookup" ? "UDP" : (probe.protocol ?? "TCP");
        if (protocol === "ICMP") return [];
        const port = probe.kind === "dns-lookup" ? 53 : (probe.port ?? 80);
        const [kind = "", name = ""] = wanted.split(/:(.*)/);
        const service = kind === "svc" || kind === "lb" ? services.get(name) : undefined;
        const selector = Object.entries(service?.spec?.selector ?? {});
        const endpoint = world.pods.find(
          ({ namespace, labels }) =>
            namespace === name.split("/")[0] && selector.every(([key, value]) => labels[key] === value),
        );
        const mapped = service?.spec?.ports?.find((p) => p.port === port);
        const to =
          service !== undefined && endpoint !== undefined
            ? `${endpoint.namespace}/${endpoint.name}`
            : kind === "pod"
              ? name
              : "203.0.113.10";
        return [
          {
            id: `${id}.${i}.${j}`,
            world,
            from: probe.from.startsWith("external") ? "203.0.113.10" : probe.from,
            to,
            protocol,
            port: mapped?.targetPort ?? port,
            allowed: probe.expect === "allow",
          },
        ];
      });
    });
  });
}
