/** What a lab runs of its own: programs of containers, processes of namespaces, commands of checks and steps; and the lab without them. */
import type { ContainerDocument } from "../schema/manifests/container.ts";
import type { PodSpecDocument } from "../schema/manifests/pod-spec.ts";
import type { ManifestInput } from "./input.ts";
import type { Lab } from "./lab.ts";

export interface LabCommand {
  /** The object that runs it: `pod default/web`, `node red`, `check "the port answers"`. */
  readonly where: string;
  readonly argv: readonly string[];
}

/** In the order of the model; nothing of what the built-in servers and probes do. */
export function labCommands(lab: Lab): readonly LabCommand[] {
  return [
    ...(lab.cluster?.pods ?? []).flatMap(({ namespace, name, containers }) =>
      containers.flatMap(({ command }) =>
        command === undefined ? [] : [{ where: `pod ${namespace}/${name}`, argv: command }],
      ),
    ),
    ...lab.topology.nodes.flatMap(({ name, processes }) =>
      processes.map(({ argv }) => ({ where: `node ${name}`, argv })),
    ),
    ...[...lab.checks, ...(lab.steps ?? []).flatMap(({ checks }) => checks)].flatMap((check) =>
      check.kind === "command" ? [{ where: `check "${check.name}"`, argv: check.argv }] : [],
    ),
    ...(lab.steps ?? []).flatMap(({ name, action }) =>
      action?.kind === "run" ? [{ where: `step "${name}"`, argv: action.argv }] : [],
    ),
  ];
}

function containerWithoutCommand({ command: _, args: __, ...rest }: ContainerDocument): ContainerDocument {
  return rest;
}

function podWithoutCommands(spec: PodSpecDocument): PodSpecDocument {
  const { initContainers } = spec;
  return {
    ...spec,
    containers: spec.containers.map(containerWithoutCommand),
    ...(initContainers === undefined || initContainers === null
      ? {}
      : { initContainers: initContainers.map(containerWithoutCommand) }),
  };
}

/** Containers without a command are served by the built-in server. */
export function manifestWithoutCommands(manifest: ManifestInput): ManifestInput {
  if (manifest.kind === "Pod")
    return { ...manifest, object: { ...manifest.object, spec: podWithoutCommands(manifest.object.spec) } };
  const spec = "spec" in manifest.object ? manifest.object.spec : undefined;
  if (spec === undefined || spec === null || !("template" in spec)) return manifest;
  // The kinds with a template differ in what stands beside it, which stays as it is.
  const template = { ...spec.template, spec: podWithoutCommands(spec.template.spec) };
  return { ...manifest, object: { ...manifest.object, spec: { ...spec, template } } } as ManifestInput;
}

/** Neither processes nor checks and steps that run something. Steps with checks besides keep these. */
export function labWithoutCommands(lab: Lab): Lab {
  const { steps } = lab;
  const quiet = steps
    ?.filter(({ action }) => action?.kind !== "run")
    .map((step) => ({ ...step, checks: step.checks.filter(({ kind }) => kind !== "command") }));
  return {
    ...lab,
    topology: { ...lab.topology, nodes: lab.topology.nodes.map((node) => ({ ...node, processes: [] })) },
    checks: lab.checks.filter(({ kind }) => kind !== "command"),
    ...(quiet === undefined ? {} : { steps: quiet }),
  };
}
