/** Ends the processes of a lab whose agent is dead, from outside any agent. */
import { LabRecord, parseJournal } from "../apply/journal.ts";
import { killLabProcesses } from "../apply/kill-lab-processes.ts";
import { readIfThere } from "../kernel/read-file.ts";
import { journalPath, lockHolder } from "./state-folder.ts";

/** Does nothing when an agent holds the lab, or there is no journal. */
export async function endLeftovers(parent: string, lab: string): Promise<void> {
  if (lockHolder(parent, lab) !== null) return;
  const text = readIfThere(journalPath(parent, lab));
  if (text === undefined) return;
  const record = new LabRecord();
  for (const line of parseJournal(text)) record.read(line);
  await killLabProcesses({ ids: record.ids });
}
