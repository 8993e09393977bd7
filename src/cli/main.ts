#!/usr/bin/env node
/** Where the command line starts: is this Node.js new enough, then run, then exit with the right code. */

// Nothing is imported statically: an old Node.js must still get as far as the message.
const NEEDED = 24;
const major = Number(process.versions.node.split(".")[0]);
if (major < NEEDED) {
  process.stderr.write(
    `k8snet-lab needs Node.js ${NEEDED} or newer, this is ${process.versions.node}.\n` +
      "hint: run it by scripts/k8snet-lab, which brings its own Node.js, or see https://nodejs.org/en/download\n",
  );
  process.exit(3);
}
/** EXIT.noOutput */
const NO_OUTPUT = 74;
const [first, ...others] = process.argv.slice(2);
if (others.length === 0 && (first === "--version" || first === "-V")) {
  // Editors and scripts ask often: nothing else is loaded for it.
  const { packageVersion } = await import("./version.ts");
  process.stdout.on("error", () => process.exit(NO_OUTPUT));
  // Never resolved: the process ends when the text is out.
  await new Promise<never>(() => {
    process.stdout.write(`${packageVersion()}\n`, (error) => process.exit(error instanceof Error ? NO_OUTPUT : 0));
  });
}
const { processContext } = await import("./context.ts");
const { runCli } = await import("./program.ts");
const context = processContext();
await runCli(process.argv.slice(2), context);
// That a write failed is told a turn later.
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
