/** What some kinds of resources need of the machine beyond what every lab needs: checked before anything is built. */
import { existsSync } from "node:fs";
import { HostError } from "../errors.ts";
import { probeFeatures } from "../kernel/features.ts";
import type { Feature } from "../kernel/features.ts";
import type { Program, Requirement } from "../resources/requirement.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Resource } from "../resources/resource.ts";
import { findProgram } from "./find-program.ts";
import { labEnvironment } from "./spawn.ts";

export interface Lack {
  /** Name of a kernel feature (as `doctor` has it) or of a program. */
  readonly name: string;
  readonly area: "kernel" | "tools";
  readonly use: string;
  readonly detail: string;
  /** The command that fixes it. */
  readonly fix: string;
}

function isInstalled({ name }: Program): boolean {
  try {
    findProgram(name, labEnvironment()["PATH"] ?? "", "/");
    return true;
  } catch {
    return false;
  }
}

function lacksProgram({ program, use }: Requirement): readonly Lack[] {
  if (program === undefined || isInstalled(program)) return [];
  const fix = `apt-get install ${program.package}`;
  return [{ name: program.name, area: "tools", use, detail: "not installed", fix }];
}

/** What these resources need, each feature once: in the words of the first, which is its namespace's before its own. */
export function findRequirements(resources: readonly Resource[]): readonly Requirement[] {
  const all = resources.flatMap((resource) => definitionOf(resource).requirements?.(resource) ?? []);
  return [...Map.groupBy(all, ({ feature }) => feature).values()].flatMap(([first]) => first ?? []);
}

/** What resources need and this machine lacks, and what is done about it. */
export interface Fitness {
  readonly lacks: readonly Lack[];
  /** Programs that do in user space what this kernel does not, in a sentence each. */
  readonly standIns: readonly { readonly feature: string; readonly text: string }[];
}

/** About 10 ms where something must be tried. `exists`: of a path. */
export function findFitness(resources: readonly Resource[], exists: (path: string) => boolean = existsSync): Fitness {
  const needed = findRequirements(resources);
  const tried = needed.flatMap(({ path, feature, standIn }) =>
    path === undefined ? [feature, ...(standIn === undefined ? [] : [standIn.feature])] : [],
  );
  const features = tried.length === 0 ? {} : probeFeatures(tried);
  const has = (feature: string): Feature => features[feature] ?? { ok: false, detail: "unknown" };
  const lacks: Lack[] = [];
  const standIns: Fitness["standIns"][number][] = [];
  for (const requirement of needed) {
    const { feature, use, module, path, standIn } = requirement;
    const { ok, detail } = path === undefined ? has(feature) : { ok: exists(path), detail: `no ${path}` };
    lacks.push(...lacksProgram(requirement));
    if (ok) continue;
    const lack: Lack = { name: feature, area: "kernel", use, detail, fix: `modprobe ${module}` };
    if (standIn === undefined) lacks.push(lack);
    else if (!isInstalled(standIn))
      lacks.push({
        ...lack,
        detail: `${detail}; ${standIn.name}, which does it in user space, is not installed`,
        fix: `apt-get install ${standIn.package}`,
      });
    else if (!has(standIn.feature).ok)
      lacks.push({
        ...lack,
        detail: `${detail}; ${standIn.name} would need ${standIn.feature}: ${has(standIn.feature).detail}`,
      });
    else
      standIns.push({
        feature,
        text: `${use}: by ${standIn.name}, in user space, because this kernel has no ${feature}`,
      });
  }
  return { lacks, standIns };
}

/** Which programs do what this kernel does not, in a sentence each. Throws HostError that names all that is lacking. */
export function requireFeatures(resources: readonly Resource[]): readonly string[] {
  const { lacks, standIns } = findFitness(resources);
  const [first] = lacks;
  if (first === undefined) return standIns.map(({ text }) => text);
  const said = (area: Lack["area"], start: string): readonly string[] => {
    const names = lacks.filter((lack) => lack.area === area).map(({ name, detail }) => `${name} (${detail})`);
    return names.length === 0 ? [] : [`${start} ${names.join(" and ")}`];
  };
  const parts = [...said("kernel", "this kernel lacks"), ...said("tools", "this host lacks the program")];
  const fixes = [...new Set(lacks.map(({ fix }) => fix))].join(" && ");
  throw new HostError(
    `${first.use} cannot be built here: ${parts.join("; ")}`,
    `${fixes}; if the kernel has no such module, use another kernel, or remove what needs it from the lab`,
  );
}
