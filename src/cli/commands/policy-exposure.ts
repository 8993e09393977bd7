/** `k8snet-lab policy exposure`: who could reach each workload, including pods that do not exist yet; nothing is built. */
import type { Command } from "commander";
import { formatSource } from "../../cause.ts";
import { UsageError } from "../../errors.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import { OF_THE_CLUSTER, workloadGroup } from "../../oracle/policy/connection-ends.ts";
import { exposureOf } from "../../oracle/policy/policy-exposure.ts";
import type { Exposure, ExposureLine } from "../../oracle/policy/policy-exposure.ts";
import { policyKey } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { policyWorld } from "../../cluster/policy/policy-world.ts";
import { printableJson } from "../../printable.ts";
import { paint } from "../../report/color.ts";
import type { Paint } from "../../report/color.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";
import { addManifestOptions, loadManifests } from "../policy/load-manifests.ts";
import type { PolicyPart } from "../../load/policy-manifests.ts";
import { objectKey, splitCluster } from "../../net/object-ref.ts";
import type { ManifestOptions } from "../policy/load-manifests.ts";

interface Exposed {
  readonly workload: string;
  readonly hostNetwork: boolean;
  readonly ingress: Exposure;
  readonly egress: Exposure;
}

export function configurePolicyExposure(command: Command, context: CliContext): void {
  addManifestOptions(command)
    .description(
      "Show who could reach each workload and whom it could reach, according to the policies: including pods, namespaces and addresses that do not exist (yet). Builds nothing.",
    )
    .argument("[WORKLOAD...]", "NAMESPACE/NAME, with several clusters CLUSTER.NAMESPACE/NAME; default: all")
    .option("--json", "one JSON object per workload and line")
    .action(async (names: readonly string[], options: ManifestOptions & { json?: boolean }) => {
      const loaded = await loadManifests(options, context);
      const found = exposures(loaded.parts, names);
      const color = paint(context.stdout, context.env);
      for (const one of found)
        context.stdout.write(options.json === true ? `${printableJson(asJson(one))}\n` : format(one, color));
    });
  addExample(command, "k8snet-lab policy exposure -f manifests/", "k8snet-lab policy exposure -f manifests/ shop/db");
}

/** `web`, `west.web`: in namespace default. */
function fullName(text: string, clusters: readonly ClusterModel[]): string {
  if (text.includes("/")) return text;
  const { cluster, text: name } = splitCluster(text, clusters);
  return objectKey({ cluster, namespace: "default", name });
}

function exposures(parts: readonly PolicyPart[], names: readonly string[]): readonly Exposed[] {
  const clusters = parts.map(({ cluster }) => cluster);
  const wanted = names.map((name) => fullName(name, clusters));
  const groups = parts.flatMap(({ cluster, serviceAddresses }) => {
    const world = policyWorld(cluster, serviceAddresses);
    return groupsOf(cluster, wanted).map((group) => ({ ...group, world }));
  });
  const missing = wanted.find((name) => !groups.some(({ also }) => also.includes(name)));
  if (missing !== undefined)
    throw new UsageError(
      `no such pod or workload: ${missing}`,
      `there are ${
        clusters
          .flatMap((cluster) => groupsOf(cluster, []))
          .map(({ name }) => name)
          .slice(0, 20)
          .join(", ") || "there are none: add the workloads with another -f"
      }`,
    );
  return groups.flatMap(({ name, pod, world }) => {
    const found = world.pods.find((one) => one.namespace === pod.namespace && one.name === pod.name);
    if (found === undefined) return [];
    return [
      {
        workload: name,
        hostNetwork: found.hostNetwork,
        ingress: exposureOf(world, found, "ingress"),
        egress: exposureOf(world, found, "egress"),
      },
    ];
  });
}

/** The first pod of each workload; those of a StatefulSet each, for their labels differ. */
function groupsOf(cluster: ClusterModel, wanted: readonly string[]) {
  const groups = new Map<
    string,
    { readonly name: string; readonly pod: ClusterModel["pods"][number]; readonly also: string[] }
  >();
  for (const pod of cluster.pods) {
    const name = workloadGroup(pod, cluster);
    const also = [name, objectKey(pod), objectKey({ ...pod, name: pod.owner?.name ?? pod.name })];
    const isOwn = pod.cause.source?.file === OF_THE_CLUSTER;
    if (wanted.length === 0 ? isOwn : !wanted.some((one) => also.includes(one))) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { name, pod, also });
    else group.also.push(...also);
  }
  return [...groups.values()];
}

/** What is done with those that a line means. */
const ACTION = { allow: "", deny: "denied: ", pass: "passed on: ", log: "logged: " } as const;

const WORDS = { ingress: "reached by", egress: "reaches" } as const;

function format({ workload, hostNetwork, ...directions }: Exposed, color: Paint): string {
  if (hostNetwork) return `${color.bold(workload)}\n  in its node's network: policies do not apply to it\n`;
  const lines = (["ingress", "egress"] as const).flatMap((direction) => {
    const exposure = directions[direction];
    const head = `  ${WORDS[direction]}: `;
    if (exposure.kind === "open")
      return [`${head}${color.yellow("everybody, all ports")} (no policy isolates its ${direction})`];
    const rest = exposure.isolated
      ? []
      : [`    ${color.yellow("everybody else, all ports")} (no policy isolates its ${direction})`];
    if (exposure.lines.length === 0) return [`${head}${color.green("nothing")}`];
    return [
      head.trimEnd(),
      ...exposure.lines.map(
        ({ who, ports, nobodyYet, rule, policy, action }) =>
          `    ${ACTION[action]}${who === "everybody" ? color.yellow(who) : who}: ${ports}${nobodyYet ? color.gray(" (none exists now)") : ""}  ${color.gray(`← ${policyKey(policy)} ${formatSource(rule.cause.source)}`)}`,
      ),
      ...rest,
    ];
  });
  return `${[color.bold(workload), ...lines].join("\n")}\n`;
}

function asJson({ workload, hostNetwork, ingress, egress }: Exposed): object {
  const direction = (exposure: Exposure): object => {
    if (exposure.kind === "open") return { isolated: false };
    const of = (wanted: ExposureLine["action"]): readonly object[] =>
      exposure.lines
        .filter(({ action }) => action === wanted)
        .map(({ who, ports, nobodyYet, policy, rule, tier }) => ({
          who,
          ports,
          nobodyYet,
          tier,
          policy: policyKey(policy),
          source: rule.cause.source,
        }));
    const [denied, passed] = [of("deny"), of("pass")];
    return {
      isolated: exposure.isolated,
      allowed: of("allow"),
      ...(denied.length === 0 ? {} : { denied }),
      ...(passed.length === 0 ? {} : { passed }),
    };
  };
  return { workload, hostNetwork, ingress: direction(ingress), egress: direction(egress) };
}
