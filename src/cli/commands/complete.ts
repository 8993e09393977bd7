/** `k8snet-lab __complete -- WORDS…`: candidates for the last word, one per line: `CANDIDATE<TAB>description`. */
import type { Command } from "commander";
import { COMMANDS, isCommandName } from "../commands.ts";
import type { CommandEntry } from "../commands.ts";
import type { CliContext } from "../context.ts";
import { makeProgram } from "../program.ts";

type Candidate = readonly [word: string, description: string];
const FILES: Candidate = [":files", ""];

/** Milliseconds until an agent that does not answer is given up: nobody waits for Tab. */
const AGENT_LIMIT = 1000;

export function configureComplete(command: Command, context: CliContext): void {
  command.argument("[WORDS...]").action(async (words: readonly string[]) => {
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
  const dashes = before.indexOf("--");
  if (dashes >= 0) return [FILES];
  const name = before.find((word) => !word.startsWith("-"));
  if (name === undefined) {
    return Object.entries<CommandEntry>(COMMANDS).flatMap(([key, entry]): Candidate[] =>
      entry.hidden === true ? [] : [[key, entry.summary]],
    );
  }
  if (!isCommandName(name)) return [];
  const program = await makeProgram(name, context);
  const command = program.commands.find((candidate) => candidate.name() === name);
  if (command === undefined) return [];

  const option = command.options.find(
    (candidate) => (candidate.required || candidate.optional) && before.at(-1) === candidate.long,
  );
  if (option !== undefined) return option.argChoices?.map((choice): Candidate => [choice, ""]) ?? [FILES];
  if (current.startsWith("-"))
    return command.options.flatMap((candidate): Candidate[] =>
      candidate.long === undefined || candidate.hidden ? [] : [[candidate.long, candidate.description]],
    );

  const position = positionOf(before, name, command);
  const argument = command.registeredArguments[Math.min(position, command.registeredArguments.length - 1)];
  if (argument === undefined || (position >= command.registeredArguments.length && !argument.variadic)) return [];
  if (argument.argChoices !== undefined) return argument.argChoices.map((choice): Candidate => [choice, ""]);
  switch (argument.name()) {
    case "LAB":
      return [...(await labNames()), FILES];
    case "TARGET":
    case "TARGET[/IFACE]":
      return targets(before[before.indexOf(name) + 1] ?? "", context);
    default:
      return [FILES];
  }
}

/** How many arguments stand before the current word, options and their values left out. */
function positionOf(before: readonly string[], name: string, command: Command): number {
  let position = 0;
  const words = before.slice(before.indexOf(name) + 1);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (!word.startsWith("-") || word === "-") position++;
    else if (command.options.some((option) => (option.long === word || option.short === word) && option.required)) i++;
  }
  return position;
}

async function labNames(): Promise<readonly Candidate[]> {
  const { loadDrivers } = await import("../driver.ts");
  const limit = new Promise<never[]>((resolve) => setTimeout(() => resolve([]), AGENT_LIMIT).unref());
  const lists = (await loadDrivers({})).map((driver) => Promise.race([driver.list(), limit]));
  return (await Promise.all(lists))
    .flat()
    .map(({ name, state, driver }): Candidate => [
      name,
      `lab, ${state}${driver === "docker" ? ", in containers" : ""}`,
    ]);
}

async function targets(labText: string, context: CliContext): Promise<readonly Candidate[]> {
  const [{ loadDriverOf }, { labNameOf }, { openLab }, { listTargets }] = await Promise.all([
    import("../driver.ts"),
    import("../lab-argument.ts"),
    import("../open-lab.ts"),
    import("../../model/select.ts"),
  ]);
  const name = await labNameOf(labText, context.cwd);
  const limit = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error("no answer")), AGENT_LIMIT).unref(),
  );
  const { client, lab } = await Promise.race([openLab(await loadDriverOf(name, {}), name), limit]);
  client.close();
  return listTargets(lab).map((target): Candidate => [target.text, Object.values(target.addresses).join(" ")]);
}
