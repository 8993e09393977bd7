/** The final message about an error, and which exit code it becomes. */
import { BuildError, EXIT, hostLack, LabError, type ExitCode } from "../errors.ts";
import { printable, printableLines } from "../printable.ts";
import { paint } from "../report/color.ts";
import { formatFailure } from "../report/failure.ts";
import type { CliContext } from "./context.ts";
import { packageVersion } from "../agent/version.ts";

/** Prints the error on stderr and returns its exit code. Unknown errors are bugs: 70, with their stack. */
export function reportError(thrown: unknown, context: Pick<CliContext, "stderr" | "env" | "debug">): ExitCode {
  const { stderr } = context;
  const error = hostLack(thrown) ?? thrown;
  const color = paint(stderr, context.env);
  if (error instanceof LabError) {
    if (error.exitCode !== EXIT.interrupted || context.debug) {
      // InputError lists its mistakes, each with file:line:column in front, as compilers do.
      const text =
        error.code === "EINPUT"
          ? error.message
          : `${color.red("error:")} ${printableLines(error.message).replaceAll("\n", "\n  ")}`;
      stderr.write(`${text}\n`);
      if (error.hint !== undefined) stderr.write(`${color.cyan("hint:")} ${printable(error.hint)}\n`);
      if (error instanceof BuildError)
        for (const failure of error.failures) stderr.write(`${formatFailure(failure)}\n`);
      if (context.debug) stderr.write(`${stackOf(error)}\n`);
    }
    return error.exitCode;
  }
  stderr.write(
    `${color.red("This is a bug in k8snet-lab.")} ` +
      `Please report it with the lines below, the command line and the lab file.\n` +
      `k8snet-lab ${packageVersion()}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}\n\n` +
      `${stackOf(error)}\n`,
  );
  return EXIT.bug;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? String(error);
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackOf(error.cause)}`;
}
