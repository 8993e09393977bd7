/** The reference of commands: what each one's --help prints. */
import type { Command } from "commander";
import { COMMANDS } from "../../src/cli/commands.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { makeProgram } from "../../src/cli/program.ts";

const WIDTH = 100;

export async function commandSections(): Promise<string> {
  const groups = new Map<string, string[]>();
  for (const [name, entry] of COMMANDS) {
    if (entry.hidden) continue;
    const text = await sections(name, entry.summary);
    groups.set(entry.group, [...(groups.get(entry.group) ?? []), text]);
  }
  return [...groups].map(([group, texts]) => [`## ${group.replace(/:$/, "")}`, ...texts].join("\n\n")).join("\n\n");
}

async function sections(name: string, summary: string): Promise<string> {
  let written = "";
  const stream = { columns: WIDTH, write: (text: string) => (written += text) };
  // Help needs no more of a context.
  const context = {
    stdout: stream,
    stderr: stream,
    raw: { stdout: stream, stderr: stream },
    env: {},
  } as unknown as CliContext;
  const program = await makeProgram(name, context);
  const command = program.commands.find((one) => one.name() === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  const helpOf = (one: Command): string => {
    written = "";
    one.outputHelp();
    return `\`\`\`text\n${written.trimEnd().replaceAll(/[ \t]+$/gm, "")}\n\`\`\``;
  };
  const parts = [`### ${name}`, `${upperFirst(summary)}.`, helpOf(command)];
  for (const one of command.commands) parts.push(`### ${name} ${one.name()}`, helpOf(one));
  return parts.join("\n\n");
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
