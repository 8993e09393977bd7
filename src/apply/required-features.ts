/** What some kinds of resources need of the machine beyond what every lab needs: checked before anything is built. */
import { HostError } from "../errors.ts";
import { probeFeatures } from "../kernel/features.ts";
import type { Requirement } from "../resources/requirement.ts";
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

function lacksProgram({ program, use }: Requirement): readonly Lack[] {
  if (program === undefined) return [];
  try {
    findProgram(program.name, labEnvironment()["PATH"] ?? "", "/");
    return [];
  } catch {
    const fix = `apt-get install ${program.package}`;
    return [{ name: program.name, area: "tools", use, detail: "not installed", fix }];
  }
}

/** What these resources need, each feature once. */
export function findRequirements(resources: readonly Resource[]): readonly Requirement[] {
  const all = resources.flatMap((resource) => definitionOf(resource).requirements?.(resource) ?? []);
  return [...new Map(all.map((one) => [one.feature, one])).values()];
}

/** What these resources need and this machine lacks; about 10 ms where one needs anything. */
export function findLacks(resources: readonly Resource[]): readonly Lack[] {
  const needed = findRequirements(resources);
  if (needed.length === 0) return [];
  const features = probeFeatures(needed.map(({ feature }) => feature));
  return needed.flatMap((requirement): readonly Lack[] => {
    const { feature, use, module } = requirement;
    const { ok, detail } = features[feature] ?? { ok: false, detail: "unknown" };
    const kernel: Lack = { name: feature, area: "kernel", use, detail, fix: `modprobe ${module}` };
    return [...(ok ? [] : [kernel]), ...lacksProgram(requirement)];
  });
}

/** Throws HostError that names all of it. */
export function requireFeatures(resources: readonly Resource[]): void {
  const lacks = findLacks(resources);
  const [first] = lacks;
  if (first === undefined) return;
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
