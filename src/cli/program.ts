/** The command line as a whole: finds the command, loads only its module, runs it and maps what went wrong. */
import { Command, CommanderError } from "commander";
import { EXIT } from "../errors.ts";
import { COMMANDS } from "./commands.ts";
import type { CliContext } from "./context.ts";
import { kubectlHint } from "./kubectl-words.ts";
import { packageVersion } from "../agent/version.ts";

const ABOUT = "Kubernetes networking from real Linux parts: one YAML file in, a network with checks out.";
const EXAMPLES = `
Examples:
  $ sudo k8snet-lab up labs/overlay.yaml          build a lab and look at it
  $ sudo k8snet-lab exec overlay pod/client -- ip route
  $ sudo k8snet-lab test labs/*.yaml --junit junit.xml

Exit codes: 0 success, 1 a check failed, 2 invalid input, 3 host not supported, 4 build failed, 70 internal error, 74 output could not be written, 130 interrupted`;

/** Runs one command line; never rejects. The exit code is in the context afterwards. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<void> {
  try {
    context.debug = context.env["K8SNET_LAB_DEBUG"] !== undefined || beforeDashes(argv).includes("--debug");
    const wanted = wantedCommand(argv);
    const program = await makeProgram(wanted, context, wanted !== undefined && argv[0] === wanted);
    const foreign = kubectlHint(argv);
    if (foreign !== undefined) {
      const words = COMMANDS.has(argv[0] ?? "") ? argv.slice(0, 2).join(" ") : argv[0];
      context.stderr.write(`error: unknown command '${words}'\nhint: ${foreign}\n`);
      context.exitCode = EXIT.badInput;
      return;
    }
    if (argv.length === 0) {
      context.stdout.write(program.helpInformation());
      context.exitCode = EXIT.badInput;
      return;
    }
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed it; its help and version end with 0.
      context.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
      return;
    }
    const { reportError } = await import("./report-error.ts");
    const code = reportError(error, context);
    // A failed check says more than a report that could not be written.
    if (code !== EXIT.noOutput || context.exitCode === EXIT.ok) context.exitCode = code;
  }
}

/** The program with all commands named and one of them, if any, whole; `alone`: with that one only. */
export async function makeProgram(wanted: string | undefined, context: CliContext, alone = false): Promise<Command> {
  const program = new Command("k8snet-lab")
    .description(ABOUT)
    .version(packageVersion(), "-V, --version", "print the version")
    .usage("COMMAND [OPTIONS]")
    .helpOption("-h, --help", "print help")
    .addHelpCommand(
      new Command("help").argument("[COMMAND]").description("print help for a command").helpGroup("This machine:"),
    )
    .addHelpText("after", EXAMPLES)
    .showSuggestionAfterError()
    .showHelpAfterError("hint: k8snet-lab help lists the commands")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => Math.min(context.stdout.columns ?? 100, 120),
      getErrHelpWidth: () => Math.min(context.stderr.columns ?? 100, 120),
    });
  for (const [name, entry] of COMMANDS) {
    if (alone && name !== wanted) continue;
    const command = program.command(name, { hidden: entry.hidden ?? false }).summary(entry.summary);
    command.helpOption("-h, --help", "print help").helpGroup(entry.group);
    if (name === wanted) (await entry.load()).configure(command, context);
    hintAtHelp(command, name);
  }
  return program;
}

function hintAtHelp(command: Command, name: string): void {
  command.showHelpAfterError(`hint: k8snet-lab ${name} --help shows its arguments and options, with examples`);
  for (const part of command.commands) hintAtHelp(part, `${name} ${part.name()}`);
}

function wantedCommand(argv: readonly string[]): string | undefined {
  const words = argv.filter((word) => !word.startsWith("-"));
  const name = words[0] === "help" ? words[1] : words[0];
  return name !== undefined && COMMANDS.has(name) ? name : undefined;
}

function beforeDashes(argv: readonly string[]): readonly string[] {
  const at = argv.indexOf("--");
  return at < 0 ? argv : argv.slice(0, at);
}
