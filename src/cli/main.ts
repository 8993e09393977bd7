/** Where the command line starts: runs it, and exits with the right code. scripts/launcher.cjs has checked the version of Node.js. */

/** EXIT.noOutput */
const NO_OUTPUT = 74;

async function main(args: readonly string[]): Promise<void> {
  const [first, ...others] = args;
  if (others.length === 0 && (first === "--version" || first === "-V")) {
    // Editors and scripts ask often: nothing else is loaded for it.
    const { packageVersion } = await import("../agent/version.ts");
    process.stdout.on("error", () => process.exit(NO_OUTPUT));
    process.stdout.write(`${packageVersion()}\n`, (error) => process.exit(error instanceof Error ? NO_OUTPUT : 0));
    return;
  }
  const { processContext } = await import("./context.ts");
  const { runCli } = await import("./program.ts");
  const context = processContext();
  await runCli(args, context);
  // A failed write is reported one turn later.
  await new Promise((resolve) => setImmediate(resolve));
  // What was written to a pipe is still on its way; exit() would cut it. A reader that is gone ends the wait too.
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) => new Promise<void>((resolve) => (stream.writableLength === 0 ? resolve() : stream.end(resolve))),
    ),
  );
  // An explicit end: nothing that is still open (a socket, a timer) may keep a finished command waiting.
  const { aborted, reason } = context.outputClosed;
  process.exit(context.exitCode === 0 && aborted && reason !== "EPIPE" ? NO_OUTPUT : context.exitCode);
}

void main(process.argv.slice(2));
