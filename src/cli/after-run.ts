/** What follows a run of checks, well or not: artifacts, and with --debug the agent's log. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { artifactsFolder, writeArtifacts } from "./artifacts.ts";
import type { CliContext } from "./context.ts";
import type { EventBus } from "../workflow/event-bus.ts";
import { findRecord } from "../workflow/open-lab.ts";
import type { RunOptions } from "./run-options.ts";
import type { Session } from "../workflow/session.ts";
import { notWritten } from "./writable.ts";

/** Lines of the log that are shown. */
const LOG_LINES = 200;

/** Before the lab is taken down. `session` is undefined when nothing is up. */
export async function afterRun(
  bus: EventBus,
  session: Session | undefined,
  failed: boolean,
  options: RunOptions,
  context: CliContext,
): Promise<void> {
  const folder = artifactsFolder(bus.labName, options, context, failed);
  try {
    if (folder !== undefined) await writeArtifacts(folder, bus, session);
  } catch (error) {
    const problem = notWritten("the artifacts", error);
    if (options.artifacts !== undefined) throw problem;
    // Not requested by the user: only the checks decide the result.
    bus.note(problem.message, "warn");
  }
  if (context.debug && session !== undefined) await printAgentLog(session, context);
}

async function printAgentLog(session: Session, context: CliContext): Promise<void> {
  const record = await findRecord(session.driver, session.lab.name);
  if (record === undefined) return;
  const path = join(record.folder, "agent.log");
  try {
    const lines = readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .filter((line) => line !== "");
    context.stderr.write(
      `${path}: ${lines.length} lines${lines.length > LOG_LINES ? `, the last ${LOG_LINES}` : ""}\n`,
    );
    for (const line of lines.slice(-LOG_LINES)) context.stderr.write(`  ${line}\n`);
  } catch {
    // No log: there was no output.
  }
}
