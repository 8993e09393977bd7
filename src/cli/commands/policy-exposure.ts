/** `k8snet-lab policy exposure`: who could reach each workload, including pods that do not exist yet; nothing is built. */
import type { Command } from "commander";
import { formatSource } from "../../cause.ts";
import { firstOf } from "../../counting.ts";
import { UsageError } from "../../errors.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import { OF_THE_CLUSTER, workloadGroup } from "../../oracle/policy/connection-ends.ts";
import { exposureOf, hostExposure, type Exposure, type ExposureLine } from "../../oracle/policy/policy-exposure.ts";
import { policyKey } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { policyWorld, type PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { failsafeText } from "../../kube/calico/failsafe-ports.ts";
import { printableJson } from "../../printable.ts";
import { paint, type Paint } from "../../report/color.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";
import { addManifestOptions, loadManifests, type ManifestOptions } from "../policy/load-manifests.ts";
import type { PolicyPart } from "../../load/policy-manifests.ts";
import { clusterPrefix, objectKey, splitCluster } from "../../net/object-ref.ts";

/** Names in a hint at most. */
const NAMED = 20;

interface Exposed {
  /** `hep/NAME`: a host endpoint. */
  readonly workload: string;
  readonly hostNetwork: boolean;
  /** Of a host endpoint: what always passes, in each direction. */
  readonly failsafe?: boolean | undefined;
  readonly ingress: Exposure;
  readonly egress: Exposure;
}

export function configurePolicyExposure(command: Command, context: CliContext): void {
  addManifestOptions(command)
    .description(
      "Show who could reach each workload and whom it could reach, according to the policies: including pods, namespaces and addresses that do not exist (yet). Builds nothing.",
    )
    .argument(
      "[WORKLOAD...]",
      "NAMESPACE/NAME, with several clusters CLUSTER.NAMESPACE/NAME; hep/NAME: a host endpoint of Calico's; default: all",
    )
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
  const worlds = parts.map(({ cluster, serviceAddresses }) => policyWorld(cluster, serviceAddresses));
  const groups = parts.flatMap(({ cluster }, i) =>
    groupsOf(cluster, wanted).flatMap((group) => (worlds[i] === undefined ? [] : [{ ...group, world: worlds[i] }])),
  );
  const hosts = worlds.flatMap((world, i) => hostExposures(world, clusterPrefix(clusters[i]?.name), wanted));
  const missing = wanted.find(
    (name) => !groups.some(({ also }) => also.includes(name)) && !hosts.some(({ workload }) => workload === name),
  );
  if (missing !== undefined) {
    const names = [
      ...clusters.flatMap((cluster) => groupsOf(cluster, [])).map(({ name }) => name),
      ...worlds
        .flatMap((world, i) => hostExposures(world, clusterPrefix(clusters[i]?.name), []))
        .map((one) => one.workload),
    ];
    throw new UsageError(
      `no such pod or workload: ${missing}`,
      names.length === 0 ? "there are none: add the workloads with another -f" : `there are ${firstOf(names, NAMED)}`,
    );
  }
  const workloads = groups.flatMap(({ name, pod, world }): readonly Exposed[] => {
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
  return [...workloads, ...hosts];
}

function hostExposures(world: PolicyWorld, prefix: string, wanted: readonly string[]): readonly Exposed[] {
  return (world.calico?.hostEndpoints ?? []).flatMap((endpoint) => {
    const workload = `${prefix}hep/${endpoint.name}`;
    if (wanted.length > 0 && !wanted.includes(workload)) return [];
    const [ingress, egress] = (["ingress", "egress"] as const).map((one) => hostExposure(world, endpoint, one));
    if (ingress === undefined || egress === undefined) return [];
    return [{ workload, hostNetwork: false, failsafe: true, ingress, egress }];
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

function format({ workload, hostNetwork, failsafe, ...directions }: Exposed, color: Paint): string {
  if (hostNetwork) return `${color.bold(workload)}\n  in its node's network: policies do not apply to it\n`;
  const lines = (["ingress", "egress"] as const).flatMap((direction) => {
    const exposure = directions[direction];
    const head = `  ${WORDS[direction]}: `;
    if (exposure.kind === "open")
      return [`${head}${color.yellow("everybody, all ports")} (no policy isolates its ${direction})`];
    const rest = exposure.isolated
      ? []
      : [`    ${color.yellow("everybody else, all ports")} (no policy isolates its ${direction})`];
    if (exposure.lines.length === 0 && failsafe !== true) return [`${head}${color.green("nothing")}`];
    return [
      head.trimEnd(),
      ...(failsafe === true ? [`    everybody: failsafe ports ${failsafeText(direction)}`] : []),
      ...exposure.lines.map(
        ({ who, ports, nobodyYet, rule, policy, action, when }) =>
          `    ${when === undefined ? "" : `${when}: `}${ACTION[action]}${who === "everybody" ? color.yellow(who) : who}: ${ports}${nobodyYet ? color.gray(" (none exists now)") : ""}  ${color.gray(`← ${policyKey(policy)} ${formatSource(rule.cause.source)}`)}`,
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
        .map(({ who, ports, nobodyYet, policy, rule, tier, when }) => ({
          who,
          ports,
          nobodyYet,
          tier,
          ...(when === undefined ? {} : { when }),
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
