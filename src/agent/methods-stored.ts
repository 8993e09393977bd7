/** Methods about what is kept of a lab, the same in an agent and in a hub. */
import type { MethodTable } from "./connection.ts";
import type { HeldLab, LabSession } from "./lab-session.ts";
import { readStoredLab, storedVersion } from "./stored-lab.ts";

export type StoredMethod = "commit" | "holder" | "settled" | "stored" | "storedVersion";

export function storedMethods<L extends HeldLab>(session: LabSession<L>): Pick<MethodTable, StoredMethod> {
  return {
    commit: async ({ stored, readBack }, { connection }) => ({
      version: await session.commit(stored, connection, readBack),
    }),
    holder: (_params, { connection }) => ({ holder: session.holders.nameOf(connection) }),
    settled: async () => {
      await session.lab.settled();
      return {};
    },
    storedVersion: () => ({ version: storedVersion(session.lab.folder) }),
    stored: () => readStoredLab(session.lab.folder),
  };
}
