/**
 * Containers of images whose programs a machine does not have: the built-in server stands in for them. A command
 * without an image is a program of this machine, which is run or reported as missing.
 */
import type { ContainerDocument } from "./container.ts";
import { commandPrograms, programPath } from "./command-programs.ts";
import { isSidecar } from "./lasting-containers.ts";
import type { PodDraft } from "./pod-draft.ts";
import type { PodSpecDocument } from "./pod-spec.ts";

type Volumes = Pick<PodSpecDocument, "volumes" | "initContainers">;

/** Empty folders that an init container would have filled: none is run. */
function leftEmpty({ volumes, initContainers }: Volumes): ReadonlySet<string> {
  const passing = (initContainers ?? []).filter((one) => !isSidecar(one));
  const used = new Set(passing.flatMap(({ volumeMounts }) => (volumeMounts ?? []).map(({ name }) => name)));
  return new Set((volumes ?? []).flatMap(({ name, emptyDir }) => (emptyDir && used.has(name) ? [name] : [])));
}

/** The programs that an image's command needs besides those in the pod's volumes: names in PATH, or paths. Undefined: it has no command, or no image. */
export function programsOf(container: ContainerDocument, pod: Volumes): readonly string[] | undefined {
  const { command, args, image, workingDir, volumeMounts } = container;
  if (command === undefined || command === null || command.length === 0 || (image ?? "") === "") return undefined;
  const cwd = (workingDir ?? "") === "" ? "/" : (workingDir ?? "/");
  const empty = leftEmpty(pod);
  const filled = (volumeMounts ?? []).filter(({ name }) => !empty.has(name));
  const mounted = filled.map(({ mountPath }) => mountPath.replace(/\/*$/, ""));
  return commandPrograms([...command, ...(args ?? [])])
    .map((program) => programPath(program, cwd))
    .filter((program) => !mounted.some((path) => program === path || program.startsWith(`${path}/`)));
}

/** The drafts with stand-ins for what cannot be run; what is missing is reported once. */
export function withStandIns(drafts: readonly PodDraft[], lacking: ReadonlySet<string>): readonly PodDraft[] {
  const missed = new Set<string>();
  const where = new Set<string>();
  let first: (() => PodDraft["scope"]) | undefined;
  const stand = (draft: PodDraft, field: "containers" | "initContainers") => (one: ContainerDocument, i: number) => {
    const missing = (programsOf(one, draft.spec) ?? []).filter((program) => lacking.has(program));
    if (missing.length === 0) return one;
    for (const program of missing) missed.add(program);
    where.add(`${draft.object} ${one.name}`);
    first ??= () => draft.specScope.at(field, i, "command");
    const { command: _, args: __, ...rest } = one;
    return rest;
  };
  const made = drafts.map((draft) => {
    const { containers, initContainers } = draft.spec;
    const own = containers.map(stand(draft, "containers"));
    const others = (initContainers ?? []).map((one, i) =>
      isSidecar(one) ? stand(draft, "initContainers")(one, i) : one,
    );
    const same = own.every((one, i) => one === containers[i]) && others.every((one, i) => one === initContainers?.[i]);
    return same ? draft : { ...draft, spec: { ...draft.spec, containers: own, initContainers: others } };
  });
  first?.().warn(
    `this machine has no ${[...missed].toSorted().join(", ")}: the built-in server stands in for ${where.size === 1 ? "the container" : `${where.size} containers`}`,
    "it answers on declared ports, probes' ports and target ports of Services; a command without an image must exist on this machine",
  );
  return made;
}
