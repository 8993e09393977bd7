/** The programs that a lab runs: programs of containers, processes of namespaces, commands of checks and steps; and the lab without them. */
import type { ManifestInput } from "../kube/manifest-input.ts";
import { specsOf, type TopologyNode } from "../fabric/topology.ts";
import type { Lab } from "../lab/lab.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import { labPods } from "../cluster/lab-clusters.ts";
import { objectKey } from "../net/object-ref.ts";
import { isProgram } from "../resources/definitions.ts";

export interface LabCommand {
  /** The object that runs it: `pod default/web`, `node red`, `check "the port answers"`. */
  readonly where: string;
  readonly argv: readonly string[];
}

/** In the order of the model, without the built-in servers and probes. */
export function labCommands(lab: Lab): readonly LabCommand[] {
  return [
    ...labPods(lab).flatMap((pod) =>
      pod.containers.flatMap(({ command, withheld }) =>
        command === undefined || withheld === true ? [] : [{ where: `pod ${objectKey(pod)}`, argv: command }],
      ),
    ),
    ...lab.topology.nodes.flatMap((node) =>
      specsOf(node, "process").map(({ argv }) => ({ where: `node ${node.name}`, argv })),
    ),
    ...[...lab.checks, ...(lab.steps ?? []).flatMap(({ checks }) => checks)].flatMap(({ name, argv }) =>
      argv === undefined ? [] : [{ where: `check "${name}"`, argv }],
    ),
    ...(lab.steps ?? []).flatMap(({ name, action }) =>
      action?.kind === "run" ? [{ where: `step "${name}"`, argv: action.argv }] : [],
    ),
  ];
}

const CONTAINERS: ReadonlySet<string> = new Set(["containers", "initContainers"]);

/** Wherever a kind has its pod spec: in `spec`, `spec.template.spec`, `spec.jobTemplate.spec.template.spec`. */
function withoutCommands(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCommands);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]: [string, unknown]) => [
      key,
      CONTAINERS.has(key) && Array.isArray(part) ? part.map(containerWithoutCommand) : withoutCommands(part),
    ]),
  );
}

function containerWithoutCommand(container: object): object {
  return Object.fromEntries(Object.entries(container).filter(([key]) => key !== "command" && key !== "args"));
}

/** Containers without a command are served by the built-in server. */
export function manifestWithoutCommands(manifest: ManifestInput): ManifestInput {
  return { ...manifest, object: withoutCommands(manifest.object) } as ManifestInput;
}

/** Pods of older ReplicaSets are of templates that are kept. */
export function liveWithoutCommands(live: LiveState): LiveState {
  const { clusters = {} } = live;
  const others = Object.entries(clusters).map(([name, own]) => [name, liveWithoutCommands(own)] as const);
  return {
    ...live,
    workloads: withoutCommands(live.workloads) as LiveState["workloads"],
    ...(others.length === 0 ? {} : { clusters: Object.fromEntries(others) }),
  };
}

function withoutProcesses(node: TopologyNode): TopologyNode {
  return { ...node, resources: node.resources.filter((one) => !isProgram(one)) };
}

/** Neither processes nor checks and steps that run something. Steps with checks besides keep these. */
export function labWithoutCommands(lab: Lab): Lab {
  const { steps } = lab;
  const quiet = steps
    ?.filter(({ action }) => action?.kind !== "run")
    .map((step) => ({ ...step, checks: step.checks.filter(({ argv }) => argv === undefined) }));
  return {
    ...lab,
    topology: { ...lab.topology, nodes: lab.topology.nodes.map(withoutProcesses) },
    checks: lab.checks.filter(({ argv }) => argv === undefined),
    ...(quiet === undefined ? {} : { steps: quiet }),
  };
}
