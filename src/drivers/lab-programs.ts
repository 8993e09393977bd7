/** Programs that a lab's own processes and commands are, and the package of each: checked before anything is built. */
import { existsSync } from "node:fs";
import { networkPlugin } from "../cluster/cni/registry.ts";
import { HostError } from "../errors.ts";
import type { Lab } from "../lab/lab.ts";
import { isInPath } from "./host-fitness.ts";
import { labPods } from "../cluster/lab-clusters.ts";

/** Program → package of Debian and Ubuntu. Any other missing program is reported when it is started. */
const PACKAGES: Readonly<Record<string, string>> = {
  bird: "bird2",
  conntrack: "conntrack",
  curl: "curl",
  dig: "bind9-dnsutils",
  haproxy: "haproxy",
  iperf3: "iperf3",
  nginx: "nginx-light",
  python3: "python3",
  socat: "socat",
};

export interface MissingProgram {
  readonly program: string;
  readonly package: string;
  /** The namespaces in which the lab runs it. */
  readonly where: readonly string[];
}

const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "/bin/sh", "/bin/bash"]);

/** The program itself, and in a shell's script the words at the beginning of a command. */
function programsOf([program = "", ...args]: readonly string[]): readonly string[] {
  if (!SHELLS.has(program)) return [program];
  const commands = args.join("\n").matchAll(/(?:^|[\n;|&(]|\b(?:do|then|else)\s)\s*(?:exec\s+)?([\w./-]+)/g);
  return [...commands].map((match) => match[1] ?? "");
}

/** Sorted by name. */
export function missingPrograms(lab: Lab, isThere: (program: string) => boolean = isInPath): readonly MissingProgram[] {
  const wanted = new Map<string, Set<string>>();
  const want = (where: string, argv: readonly string[]): void => {
    for (const program of programsOf(argv))
      if (PACKAGES[program] !== undefined) wanted.set(program, (wanted.get(program) ?? new Set()).add(where));
  };
  for (const node of lab.topology.nodes) for (const one of node.resources) if ("argv" in one) want(node.name, one.argv);
  for (const { metallb, nodes } of lab.clusters)
    if (metallb?.daemon === "bird") for (const { name } of nodes) want(name, ["bird"]);
  for (const pod of labPods(lab))
    for (const { command } of pod.containers) if (command !== undefined) want(pod.ns, command);
  for (const { from, argv } of lab.checks) if (argv !== undefined) for (const { ns } of from ?? []) want(ns, argv);
  const plugins = lab.clusters.flatMap((cluster) => {
    const {
      names,
      folders,
      package: name,
    } = networkPlugin(cluster).programs?.(cluster.cni) ?? { names: [], folders: [], package: "" };
    const where = cluster.nodes.map((node) => node.name);
    return names
      .filter((program) =>
        folders.length === 0 ? !isThere(program) : !folders.some((folder) => existsSync(`${folder}/${program}`)),
      )
      .map((program) => ({ program: [folders.join(":"), program].filter(Boolean).join("/"), package: name, where }));
  });
  const missing = [...wanted]
    .filter(([program]) => !isThere(program))
    .map(([program, where]) => ({ program, package: PACKAGES[program] ?? program, where: [...where] }));
  return [...missing, ...plugins].toSorted((a, b) => (a.program < b.program ? -1 : 1));
}

/** Throws HostError that names all of them and one command that installs them. */
export function requirePrograms(lab: Lab | undefined): void {
  const missing = lab === undefined ? [] : missingPrograms(lab);
  if (lab === undefined || missing.length === 0) return;
  throw new HostError(
    `lab ${lab.name} runs ${missing.map(({ program, where }) => `${program} (in ${where.join(", ")})`).join(" and ")}, which this host does not have`,
    `apt-get install ${[...new Set(missing.map((one) => one.package))].join(" ")}`,
  );
}
