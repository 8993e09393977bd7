/**
 * What test/kernel/cni-plugins-vm.test.ts has done inside the virtual machine: labs whose pods real CNI plugins attach are built, asked
 * and taken down; what came of it is printed as one JSON object. Argument: a file with the labs' resources and what to ask.
 */
import { readFileSync } from "node:fs";
import { requireFeatures } from "../../src/apply/required-features.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { GuestLab, say } from "./guest-lab.ts";
import type { Convergence } from "./guest-lab.ts";

export interface CniCase {
  readonly resources: readonly Resource[];
  /** Namespace and command. */
  readonly ask: readonly (readonly [ns: string, ...argv: string[]])[];
}

export interface CniTold {
  readonly built: Convergence;
  /** What was made, by its id, with the plugin as its reason. */
  readonly made: Readonly<Record<string, string>>;
  readonly answers: readonly string[];
  readonly down: Convergence;
}

const cases = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Readonly<Record<string, CniCase>>;
const told: Record<string, CniTold> = {};
for (const [name, { resources, ask }] of Object.entries(cases)) {
  say(name);
  requireFeatures(resources);
  const lab = new GuestLab(name);
  const built = await lab.converge(resources);
  const made = Object.fromEntries(lab.attached().flatMap((one) => one.made.map(({ id, cause }) => [id, cause.reason])));
  const answers: string[] = [];
  for (const [ns, ...argv] of ask) answers.push(await lab.inside(ns, ...argv));
  told[name] = { built, made, answers, down: await lab.converge([]) };
}
process.stdout.write(`${JSON.stringify(told)}\n`);
process.exit(0);
