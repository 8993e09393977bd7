/**
 * What test/kernel/links-vm.test.ts has done inside the virtual machine: devices of every kind are built, sent through, broken and
 * restored; what came of it is printed as one JSON object. Argument: a file with the labs' resources and what to ask.
 */
import { readFileSync } from "node:fs";
import { requireFeatures } from "../../src/apply/required-features.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { GuestLab, runScript, say } from "./guest-lab.ts";
import type { Convergence, Mended } from "./guest-lab.ts";

/** A namespace and a command there. */
type Command = readonly [ns: string, ...argv: string[]];

export interface LinksCase {
  readonly resources: readonly Resource[];
  /** After the lab was built. */
  readonly ask: readonly Command[];
  /** What is done behind the lab's back. */
  readonly harm: readonly Command[];
  /** The same lab by `plan --script`. */
  readonly script: string;
}

export interface LinksTold {
  readonly built: Convergence;
  readonly answers: readonly string[];
  readonly harmed: readonly string[];
  readonly restored: Convergence;
  readonly after: readonly string[];
  /** Broken once more, and fixed by the commands that `diff` shows. */
  readonly byHand: Mended;
  readonly afterHand: readonly string[];
  readonly down: Convergence;
  /** What the script of its plan said, and the same answers in what it built. */
  readonly script: string;
  readonly scripted: readonly string[];
}

const cases = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Readonly<Record<string, LinksCase>>;
const told: Record<string, LinksTold> = {};

for (const [name, { resources, ask, harm, script }] of Object.entries(cases)) {
  say(name);
  requireFeatures(resources);
  const lab = new GuestLab(name);
  const each = async (commands: readonly Command[]): Promise<string[]> => {
    const answers: string[] = [];
    for (const [ns, ...argv] of commands) answers.push(await lab.inside(ns, ...argv));
    return answers;
  };
  const built = await lab.converge(resources);
  const answers = await each(ask);
  const harmed = await each(harm);
  const restored = await lab.converge(resources);
  const after = await each(ask);
  await each(harm);
  const byHand = await lab.byHand(resources);
  const afterHand = await each(ask);
  const down = await lab.converge([]);
  const scriptError = runScript(script);
  const scripted = await each(ask);
  told[name] = { built, answers, harmed, restored, after, byHand, afterHand, down, script: scriptError, scripted };
}

process.stdout.write(`${JSON.stringify(told)}\n`);
process.exit(0);
