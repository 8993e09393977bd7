/** `k8snet-lab __complete -- WORDS…`: candidates for the last word, one per line: `CANDIDATE<TAB>description`. */
import type { Command, Option } from "commander";
import type { Lab } from "../../lab/lab.ts";
import { COMMANDS } from "../commands.ts";
import * as candidatesOf from "../complete/lab-candidates.ts";
import type { Candidate } from "../complete/lab-candidates.ts";
import { labNames, labOfManifests, labToComplete } from "../complete/labs.ts";
import type { CliContext } from "../context.ts";
import { SECTIONS } from "../inspect/format-namespace.ts";
import { makeProgram } from "../program.ts";

/** The shell itself completes files, and lab files. */
const FILES: Candidate = [":files", ""];
const LABS: Candidate = [":labs", ""];

/** What an argument or an option's value names in a lab: by the command and what its help calls it, else by the help text alone. */
const NAMED: Readonly<Record<string, (lab: Lab, current: string) => readonly Candidate[]>> = {
  TARGET: candidatesOf.places,
  "TARGET[/IFACE]": candidatesOf.placesAndInterfaces,
  POD: candidatesOf.pods,
  "scale WORKLOAD": (lab) => candidatesOf.workloads(lab, ({ scales }) => scales === true),
  "rollout WORKLOAD": (lab) => candidatesOf.workloads(lab, ({ restarts }) => restarts === true),
  SERVICE: candidatesOf.services,
  "delete OBJECT": (lab) => [...candidatesOf.pods(lab), ...candidatesOf.policies(lab), ...candidatesOf.services(lab)],
  "label OBJECT": (lab) => [...candidatesOf.pods(lab), ...candidatesOf.namespaces(lab)],
  "explain FROM": (lab) => [...candidatesOf.places(lab), ...candidatesOf.services(lab)],
  "explain TO": candidatesOf.serviceEnds,
  "probe FROM": candidatesOf.places,
  "probe TO": (lab) => [...candidatesOf.places(lab), ...candidatesOf.serviceEnds(lab)],
  "check --only": candidatesOf.checks,
};
/** The same for `policy`, in the manifests that `-f` names. */
const NAMED_IN_MANIFESTS: typeof NAMED = {
  FROM: candidatesOf.policyEnds,
  TO: candidatesOf.policyEnds,
  WORKLOAD: candidatesOf.workloadNames,
};

export function configure(command: Command, context: CliContext): void {
  command.argument("[WORDS...]").action(async (words: readonly string[]) => {
    // Errors about a broken file or a missing lab would only disturb the user's typing.
    const candidates = await complete(words, context).catch((): Candidate[] => []);
    context.stdout.write(
      candidates
        .map(([word, description]) => (description === "" ? `${word}\n` : `${word}\t${description}\n`))
        .join(""),
    );
  });
}

/** `words`: all words after the program's name; the last is the one being typed (maybe empty). */
export async function complete(words: readonly string[], context: CliContext): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  if (before.includes("--")) return [FILES];
  const name = before.find((word) => !word.startsWith("-"));
  if (name === undefined) {
    return [...COMMANDS].flatMap(([key, { hidden, summary }]): Candidate[] => (hidden ? [] : [[key, summary]]));
  }
  if (!COMMANDS.has(name)) return [];
  const program = await makeProgram(name, context);
  let command = program.commands.find((candidate) => candidate.name() === name);
  let rest = before.slice(before.indexOf(name) + 1);
  if (command !== undefined && command.commands.length > 0) {
    const [sub, ...more] = rest;
    if (sub === undefined) return command.commands.map((one): Candidate => [one.name(), one.summary()]);
    command = command.commands.find((one) => one.name() === sub);
    rest = more;
  }
  if (command === undefined) return [];
  return inCommand(command, rest, current, context);
}

async function inCommand(
  command: Command,
  before: readonly string[],
  current: string,
  context: CliContext,
): Promise<readonly Candidate[]> {
  const { values, positions, open } = readWords(command, before);
  const inManifests = command.parent?.name() === "policy";
  const named = async (name: string): Promise<readonly Candidate[] | undefined> => {
    if (inManifests) {
      const find = NAMED_IN_MANIFESTS[name];
      const lab =
        find === undefined
          ? undefined
          : await labOfManifests(values.get("--filename") ?? [], values.get("--cluster") ?? [], context);
      return lab === undefined ? undefined : find?.(lab, current);
    }
    const find = NAMED[`${command.name()} ${name}`] ?? NAMED[name];
    return find === undefined ? undefined : find(await labToComplete(positions[0] ?? "", context), current);
  };
  if (open !== undefined && !current.startsWith("-")) {
    if (open.argChoices !== undefined) return open.argChoices.map((choice): Candidate => [choice, ""]);
    if (/<(FILE|DIR|PATH)>/.test(open.flags)) return [FILES];
    if (open.flags.includes("<SECTIONS>")) return SECTIONS.map((section): Candidate => [section, ""]);
    return (await named(open.long ?? "")) ?? [];
  }
  if (current.startsWith("-"))
    return command.options.flatMap((candidate): Candidate[] =>
      candidate.long === undefined || candidate.hidden ? [] : [[candidate.long, candidate.description]],
    );

  const last = command.registeredArguments.at(-1);
  const argument = command.registeredArguments[positions.length] ?? (last?.variadic === true ? last : undefined);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return argument.argChoices.map((choice): Candidate => [choice, ""]);
  switch (argument.name()) {
    case "LAB":
      return [...(await labNames()), LABS];
    case "LAB.yaml":
      return [LABS];
    case "FILE":
      return [FILES];
    default:
      return (await named(argument.name())) ?? [];
  }
}

interface ReadWords {
  /** Long name of an option → its values so far. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly positions: readonly string[];
  /** The option whose value comes next. */
  readonly open: Option | undefined;
}

function readWords(command: Command, words: readonly string[]): ReadWords {
  const values = new Map<string, string[]>();
  const positions: string[] = [];
  let open: Option | undefined;
  for (const word of words) {
    if (word.startsWith("-") && word !== "-") {
      const found = command.options.find((option) => option.long === word || option.short === word);
      open = found?.required === true ? found : undefined;
    } else if (open === undefined) positions.push(word);
    else {
      const { long = "" } = open;
      values.set(long, [...(values.get(long) ?? []), word]);
      if (!open.variadic) open = undefined;
    }
  }
  return { values, positions, open };
}
