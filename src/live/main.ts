/** Started by a lab's agent when a probe or a link has said something new: brings the lab to it, and ends. Argument: the lab's socket. */
import { connectAgent } from "../agent/connect.ts";
import { RECONCILE } from "../agent/purpose.ts";
import { BuildError, LabError, messageOf } from "../errors.ts";
import { LiveLab } from "./live-lab.ts";

/** Milliseconds: a rollout whose pods do not become ready continues when they do, in the next run. */
const LIMIT = 10_000;

async function main(): Promise<void> {
  const client = await connectAgent(process.argv[2] ?? "");
  if (client === null) return;
  try {
    const lab = new LiveLab(client, { notify: () => undefined, signal: new AbortController().signal });
    await lab.settle(RECONCILE, performance.now() + LIMIT, "idle");
  } finally {
    client.close();
  }
}

main().catch((error: unknown) => {
  // The lab went down in the meantime: nothing is left to do.
  const gone = error instanceof LabError && (error.code === "EAGENT" || error.code === "ENOLAB");
  if (!gone) {
    process.stderr.write(`reconcile: ${messageOf(error)}\n`);
    if (error instanceof BuildError)
      for (const { operation, stderr } of error.failures) process.stderr.write(`  ${operation}: ${stderr.trim()}\n`);
    process.exitCode = 1;
  }
});
