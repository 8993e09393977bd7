/** The flags of commands that report what they do, most of them the reporters' own. */
import { Option, type Command } from "commander";
import { REPORTERS } from "../report/reporters.ts";
import { parseDuration } from "./duration.ts";
import { addDriverOptions, type DriverOptions } from "./options.ts";

/** Commands that report events. */
export interface OutputOptions {
  readonly plain?: boolean;
  readonly json?: boolean;
  readonly debug?: boolean;
}

export interface RunOptions extends DriverOptions, OutputOptions {
  readonly artifacts?: string;
  /** Milliseconds for the whole command. */
  readonly timeout?: number;
}

/** A reporter's flag: true, or the file that it writes. */
export function reporterOption(options: OutputOptions, name: string): unknown {
  return (options as Readonly<Record<string, unknown>>)[name];
}

export function addOutputOptions(command: Command): Command {
  command.option("--plain", "plain lines, no terminal UI (default without a terminal and in CI)");
  const flags = REPORTERS.flatMap(({ name, use }) => (use.by === "flag" ? [name] : []));
  for (const { name, use } of REPORTERS) {
    if (use.by === "file") command.option(`--${name} <FILE>`, use.help);
    // Each with those after it: commander names the first of two.
    if (use.by === "flag")
      command.addOption(new Option(`--${name}`, use.help).conflicts(flags.slice(flags.indexOf(name) + 1)));
  }
  return command;
}

/** Driver, output, artifacts and timeout: up, test, check. */
export function addRunOptions(command: Command): Command {
  addOutputOptions(command);
  command
    .option(
      "--artifacts <DIR>",
      "write captures, state, plan, journal and log to this folder (in CI: ./artifacts, on failure)",
    )
    .option("--timeout <TIME>", "give up after this time: 30s, 2m", parseDuration);
  return addDriverOptions(command);
}
